"""The parameter file that Freqtrade loads, and the commands that use it."""

import json
import shlex
from pathlib import Path

import pytest
from freqtrade.optimize.hyperopt_tools import HyperoptTools

from robustop_plugin.core.errors import InvalidSettings
from robustop_plugin.lab.sweep.parameter_file import confirm_command, later_command, write_parameters
from robustop_plugin.runner.run import BacktestRun

VALUES = {"robustop_initial_stop_multiplier": 4.5}
RUN = BacktestRun(
    "S", ("a.json", "b b.json"), (("timerange", "20240101-"), ("user_data_dir", "u"), ("timeframe_detail", "1m"))
)


def test_a_new_file_has_the_values_and_freezes_nothing_else(tmp_path: Path) -> None:
    """A new file has the format of hyperopt and contains only the swept values."""
    path = tmp_path / "deep" / "s.json"
    write_parameters(path, tmp_path / "s.py", "S", VALUES)
    written = HyperoptTools.load_params_from_file(path)
    assert (written["strategy_name"], written["ft_stratparam_v"]) == ("S", 1)
    assert written["params"] == {"robustop": VALUES}


def test_what_an_earlier_file_holds_stays(tmp_path: Path) -> None:
    """Other spaces and parameters that were not swept are kept."""
    before = {"buy": {"length": 7}, "robustop": {"robustop_other": 1.0, "robustop_initial_stop_multiplier": 2.0}}
    (tmp_path / "s.json").write_text(json.dumps({"strategy_name": "S", "params": before}))
    write_parameters(tmp_path / "s.json", tmp_path / "s.py", "S", VALUES)
    after = HyperoptTools.load_params_from_file(tmp_path / "s.json")["params"]
    assert after == {"buy": {"length": 7}, "robustop": {"robustop_other": 1.0, **VALUES}}


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """A write error is one line with the option."""
    (tmp_path / "file").write_text("")
    with pytest.raises(InvalidSettings, match=r"--export was .*: it cannot be written"):
        write_parameters(tmp_path / "file" / "s.json", tmp_path / "s.py", "S", VALUES)


def test_the_command_is_freqtrades(tmp_path: Path) -> None:
    """The command uses Freqtrade's option names and quotes names with spaces."""
    words = shlex.split(confirm_command(RUN, tmp_path / "s.json", tmp_path / "s.py"))
    assert words == [
        *("freqtrade", "backtesting", "--config", "a.json", "--config", "b b.json", "--strategy", "S"),
        *("--timerange", "20240101-", "--userdir", "u", "--timeframe-detail", "1m", "--cache", "none"),
    ]


def test_a_file_elsewhere_is_brought_to_where_freqtrade_looks(tmp_path: Path) -> None:
    """The command first copies the file beside the strategy."""
    command = confirm_command(RUN, tmp_path / "mine.json", tmp_path / "s.py")
    assert command.startswith(f"cp {tmp_path / 'mine.json'} {tmp_path / 's.json'} && freqtrade backtesting")


@pytest.mark.parametrize(
    ("timerange", "later"),
    [("20240101-20240701", "20240701-"), ("-20240701", "20240701-"), ("20240101-", None), (None, None)],
)
def test_later_candles_are_those_after_the_sweep(timerange: str | None, later: str | None) -> None:
    """The later time range starts at the end of the sweep; without an end there is no command."""
    options = () if timerange is None else (("timerange", timerange),)
    command = later_command(BacktestRun("S", ("a.json",), (*options, ("datadir", "d"))))
    if later is None:
        assert command is None
    else:
        words = ["freqtrade", "backtesting", "--config", "a.json", "--strategy", "S", "--datadir", "d"]
        assert shlex.split(command or "") == [*words, "--timerange", later, "--cache", "none"]
