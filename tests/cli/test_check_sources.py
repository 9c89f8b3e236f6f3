"""`robustop check` names where each value that matters comes from."""

import json
from pathlib import Path

import pytest

from tests.support.check_command import NO_PARTS, details, findings, write_config
from tests.support.strategy_files import write_strategy

WORDS = ["--strategy", "Mine", "--strategy-path", "mine"]


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Change to an empty folder."""
    monkeypatch.chdir(tmp_path)


def test_class_files_parameters_and_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each layer wins where Freqtrade lets it win: environment, later file, earlier file, parameter file, class."""
    body = "trailing_stop_positive = 0.01\nmax_open_trades = 7\nrobustop = {'partials': [], 'anchor': 'price'}"
    write_strategy(tmp_path / "mine", "Base", "use_sell_signal = True", file="base.py")
    write_strategy(tmp_path / "mine", "Mine", body, bases="RobustopMixin, Base", head="from base import Base")
    params = {"stoploss": {"stoploss": -0.05}, "trailing": {"trailing_stop_positive": 0.02}}
    params["robustop"] = {"robustop_initial_stop_multiplier": 4.0}
    (tmp_path / "mine" / "mine.json").write_text(json.dumps({"strategy_name": "Mine", "params": params}))
    first = write_config(tmp_path / "first.json", max_open_trades=3, timeframe="4h", add_config_files=["added.json"])
    write_config(tmp_path / "added.json", timeframe="5m", position_adjustment_enable=True)
    second = write_config(tmp_path / "second.json", max_open_trades=4, robustop={"anchor": "candle"})
    monkeypatch.setenv("FREQTRADE__STARTUP_CANDLE_COUNT", "400")
    monkeypatch.setenv("FREQTRADE__ROBUSTOP__INITIAL_STOP__MULTIPLIER", "3")
    found = details(findings("--config", str(first), "--config", str(second), *WORDS), "value")
    assert (
        found
        | {
            "stoploss": "-0.05, from parameter file mine.json",
            "trailing_stop_positive": "0.02, from parameter file mine.json",
            "minimal_roi": "{}, from class Mine",
            "max_open_trades": f"4, from {second}",
            "timeframe": f"4h, from {first}",
            "position_adjustment_enable": f"True, from {tmp_path / 'added.json'}",
            "startup_candle_count": "400, from environment variable FREQTRADE__STARTUP_CANDLE_COUNT",
            "use_exit_signal": "True, from class Base, under its old name use_sell_signal",
            "trailing_stop": "False, from Freqtrade's default",
            "robustop_initial_stop_multiplier": (
                "4.0, from parameter file mine.json; it has no effect, because robustop.hyperopt is false"
            ),
            "robustop.partials": "[], from class Mine",
            "robustop.anchor": f"candle, from {second}",
            "robustop.initial_stop.multiplier": (
                "3, from environment variable FREQTRADE__ROBUSTOP__INITIAL_STOP__MULTIPLIER"
            ),
        }
        == found
    )


def test_what_code_sets(tmp_path: Path) -> None:
    """A value that the strategy's own code sets, or a property, is not said to be the class's plain value."""
    write_config(tmp_path / "config.json", **NO_PARTS)
    body = (
        "def __init__(self, config):\n    super().__init__(config)\n    self.startup_candle_count = 350\n"
        "@property\ndef exit_profit_only(self):\n    return False\n"
        "@exit_profit_only.setter\ndef exit_profit_only(self, value):\n    pass"
    )
    write_strategy(tmp_path / "mine", "Mine", body)
    found = details(findings(*WORDS), "value")
    assert found["startup_candle_count"] == "350, from code of Mine"
    assert found["exit_profit_only"] == "False, from property of class Mine"
