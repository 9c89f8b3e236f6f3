"""Fixtures of rehearsals: bots that start from warm processes, and a strategy of a user's."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

import pytest

from robustop_plugin.rehearsal import jobs
from tests.support import warm

MODULE = """
from freqtrade.strategy import IStrategy
from robustop_plugin import RobustopMixin

from helper import STOPLOSS


class Mine(RobustopMixin, IStrategy):
    timeframe, stoploss, minimal_roi, can_short = "5m", STOPLOSS, {}, False
    startup_candle_count = 30
    order_types = {"entry": "market", "exit": "market", "stoploss": "market", "stoploss_on_exchange": False}
    robustop = {"initial_stop": {"kind": "percent", "percent": 2.0}, "breakeven": {"mode": "percent"}}

    def populate_indicators(self, dataframe, metadata): return dataframe

    def populate_entry_trend(self, dataframe, metadata):
        dataframe["enter_long"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        dataframe["exit_long"] = 1
        return dataframe
"""


@pytest.fixture(autouse=True)
def _warm_bots(monkeypatch: pytest.MonkeyPatch) -> None:
    """Start bots from a process that has imported Freqtrade."""

    def start(arguments: Sequence[str], log: BinaryIO, folder: Path, environment: Mapping[str, str]) -> warm.Process:
        return warm.start([sys.executable, "-m", "freqtrade", *arguments], log, cwd=folder, env=environment)

    monkeypatch.setattr(jobs, "start_process", start)
    monkeypatch.setattr(jobs, "IS_POSSIBLE", False)


@pytest.fixture
def strategies(tmp_path: Path) -> Path:
    """Write a strategy that imports a module beside it, and always has signals; return its folder."""
    folder = tmp_path / "strategies"
    folder.mkdir()
    (folder / "mine.py").write_text(MODULE)
    (folder / "helper.py").write_text("STOPLOSS = -0.10\n")
    return folder
