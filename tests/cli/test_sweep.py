"""`robustop sweep`, with Freqtrade itself as the evaluator."""

import json
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from freqtrade.optimize.backtesting import Backtesting
from freqtrade.optimize.hyperopt_tools import HyperoptTools

from robustop_plugin.core.errors import RobustopError
from robustop_plugin.lab.sweep import sweep as sweep_module
from robustop_plugin.lab.sweep.evaluators import replay
from robustop_plugin.lab.sweep.evaluators.freqtrade import FreqtradeEvaluator
from robustop_plugin.lab.trades import Evaluator, Trades
from robustop_plugin.runner.run import BacktestRun
from robustop_plugin.settings import RobustopBlock
from tests.cli.conftest import BY_FREQTRADE, GRID, Forget, Options, Sweep, line_of

CHOSEN = {"robustop_initial_stop_multiplier", "robustop_smart_trail_distance_percent"}


def test_from_a_strategy_to_a_tested_and_verified_file(sweep: Sweep, where: Options, tmp_path: Path) -> None:
    """A full sweep is tested, verified, drawn, exported to where Freqtrade loads it, and reported in tables."""
    page = tmp_path / "map.html"
    tested = ["--walk-forward", "2", "--train-windows", "2", "--anchored", "--verify", "2", "--heat-map", str(page)]
    tested += ["--export-anyway"]
    result = sweep(*BY_FREQTRADE, *tested)
    assert result.exit_code == 0, result.output
    for expected in (
        "4 settings of Swept by profit",
        "walk-forward, anchored",
        "deflated Sharpe ratio",
        "verified    2",
    ):
        assert expected in result.stdout
    assert re.search(r"luck +by chance alone, the best of 4 tries earns as much in [\d.]+%", result.stdout)
    assert len(re.findall(r"^verdict +\w", result.stdout, re.MULTILINE)) == 1
    written = HyperoptTools.load_params_from_file(where.parameters)
    assert written["strategy_name"] == "Swept"
    assert written["params"]["robustop"].keys() == CHOSEN
    assert f"parameters  {where.parameters}" in result.stdout
    assert "confirm     freqtrade backtesting --config" in result.stdout
    assert "plotly" in page.read_text(encoding="utf-8")
    rows = [json.loads(line) for line in where.table.read_text().splitlines()[1:]]
    assert [row["search"] for row in rows].count("whole") == 4
    assert {row["search"] for row in rows} == {"yours", "whole", "train 1", "train 2", "test 1", "test 2"}
    again = sweep(*BY_FREQTRADE, *tested[:5], "--resume")
    assert again.exit_code == 0, again.output
    assert again.stdout.split("luck")[0] == result.stdout.split("luck")[0]


def test_programs_get_json(sweep: Sweep, where: Options, tmp_path: Path) -> None:
    """Standard output is JSON only; a parameter file elsewhere comes with a command that copies it."""
    elsewhere = tmp_path / "mine.json"
    result = sweep(*BY_FREQTRADE, "--json", "--verify", "1", "--jobs", "2", "--export", str(elsewhere))
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert (found["strategy"], found["objective"], found["settings"]) == ("Swept", "profit", 4)
    assert (found["differences"], found["verified"]) == ([], True)
    assert where.table.with_suffix(".found.json").read_text() == result.stdout
    check = found["reality_check"]
    assert (check["resamples"], check["seed"]) == (1000, 1)
    assert 0 < check["of_profit"] <= 1
    assert 0 < check["of_improvement"] <= 1
    assert "daily" not in result.stdout
    assert found["parameters"] == str(elsewhere)
    assert found["confirm"].startswith(f"cp {elsewhere} {where.parameters} && freqtrade backtesting")
    assert not where.parameters.exists()
    scores = [json.loads(line) for line in where.table.read_text().splitlines()[1:]]
    whole = {tuple(row["values"].items()): row["score"] for row in scores if row["search"] == "whole"}
    assert whole[tuple(found["chosen"]["values"].items())] == found["chosen"]["score"]
    assert found["chosen"]["profit"] == found["chosen"]["score"]


def test_other_trades_than_freqtrades_are_a_failure(
    sweep: Sweep, where: Options, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Differing trades give status 1, a table of differences, and no parameter file."""
    honest = sweep_module.trades_of_fresh_run

    def other(*arguments: Any) -> Trades:
        trades = honest(*arguments)
        return trades._replace(close_rate=np.nextafter(trades.close_rate, 0))

    monkeypatch.setattr(sweep_module, "trades_of_fresh_run", other)
    result = sweep(*BY_FREQTRADE, "--verify", "1")
    assert result.exit_code == 1
    assert "differences from Freqtrade; no parameters were written" in result.stdout
    assert "close_rate" in result.stdout
    assert not where.parameters.exists()


class Refusing(Evaluator):
    """A replay that models nothing."""

    def __init__(self, backtesting: Backtesting, *, lean: bool) -> None:
        """Store Freqtrade's backtesting, before it has loaded anything; a sweep asks for the lean replay."""
        assert lean
        self.backtesting = backtesting

    def trades(self, block: RobustopBlock) -> Trades:
        """Reject every block."""
        raise RobustopError("averaging in is not modelled")


def with_replay(monkeypatch: pytest.MonkeyPatch, evaluator: type | None) -> None:
    """Replace the compiled replay by an evaluator; None removes it."""
    module = None
    if evaluator is not None:
        module = ModuleType(replay.REPLAY)
        module.ReplayEvaluator = evaluator  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, replay.REPLAY, module)  # type: ignore[arg-type]


def test_the_replay_is_the_usual_evaluator(
    sweep: Sweep, where: Options, run: BacktestRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The replay is used by default if it is installed and models the settings."""

    class Willing(Refusing):
        def trades(self, block: RobustopBlock) -> Trades:
            assert self.backtesting.config["strategy"] == run.strategy
            return FreqtradeEvaluator(run).trades(block)

    with_replay(monkeypatch, Willing)
    assert sweep(*GRID, "--verify", "2", "--jobs", "1", "--export-anyway").exit_code == 0
    assert where.parameters.exists()


@pytest.mark.parametrize(
    ("evaluator", "expected"), [(None, "replay"), (Refusing, "averaging in is not modelled; --evaluator freqtrade")]
)
def test_what_the_replay_does_not_do_is_said(
    sweep: Sweep, where: Options, evaluator: type | None, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A missing replay or an unsupported setting is an error that names the alternative; no table is left."""
    with_replay(monkeypatch, evaluator)
    line = line_of(sweep(*GRID))
    assert expected in line
    assert "--evaluator freqtrade" in line
    assert not where.table.exists()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--set", "trail=1"], "there are initial_stop_multiplier"),
        (["--set", "initial_stop_multiplier=5:1:1"], "from must not be above to"),
        (["--set", "initial_stop_multiplier=-1"], "it must be > 0"),
        (["--objective", "Luck"], "Other objectives are profit"),
        (["--sampler", "grid", "--settings", "5"], "a grid has all combinations"),
        (["--storage", "sqlite:///x.db"], "add --sampler optuna"),
        (["--backend", "dask"], "needs --scheduler"),
        (["--resume"], "leave --resume out"),
        (["--walk-forward", "5000"], "needs more candles"),
        (["--min-trades", "9999", "--settings", "1"], "none had 9999 trades"),
        (["--timerange", "20300101-"], "No data found"),
        (["--datadir", "nowhere"], "nowhere was not found: see --datadir"),
        (["--config", "nowhere.json"], "nowhere.json was not found: see --config"),
        (
            ["--heat-map", "x.html", "--set", "initial_stop_multiplier=1,2"],
            "a heat map needs two of the swept parameters",
        ),
        (
            ["--heat-map", "x.html", "--axes", "initial_stop_multiplier,nothing"],
            "a heat map needs two of the swept parameters",
        ),
    ],
)
def test_every_refusal_is_one_line(sweep: Sweep, where: Options, words: list[str], expected: str) -> None:
    """Every rejection has status 2 and says what to do."""
    assert expected in line_of(sweep("--evaluator", "freqtrade", *words))
    assert not where.parameters.exists()


def test_an_unknown_strategy_is_named(sweep: Sweep) -> None:
    """An unknown strategy is named in the error."""
    assert "Impossible to load Strategy 'Nobody'" in line_of(sweep("--evaluator", "freqtrade", strategy="Nobody"))


@pytest.mark.parametrize(
    ("library", "words", "expected"),
    [("plotly", ["--heat-map", "x.html"], 'pip install "robustop[report]"'), ("joblib", [], "robustop[lab]")],
)
def test_a_missing_library_is_named(
    sweep: Sweep, library: str, words: list[str], expected: str, monkeypatch: pytest.MonkeyPatch, forget: Forget
) -> None:
    """A missing library is reported with the extra to install."""
    forget("robustop_plugin.lab.sweep", "robustop_plugin.cli", kept="robustop_plugin.cli.main")
    monkeypatch.setitem(sys.modules, library, None)
    assert expected in line_of(sweep(*words))


def test_help_teaches_and_loads_nothing() -> None:
    """The help contains examples, and does not import Freqtrade."""
    look = (
        "import sys; from click.testing import CliRunner; from robustop_plugin.cli.main import main; "
        "print(CliRunner().invoke(main, ['sweep', '--help']).output); print('freqtrade' in sys.modules)"
    )
    shown = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True).stdout
    assert shown.splitlines()[-1] == "False"
    for expected in (
        "--walk-forward 4 --verify 5",
        "--backend dask --scheduler tcp://",
        "Exit status 0",
        "--storage",
        "luck",
    ):
        assert expected in shown
