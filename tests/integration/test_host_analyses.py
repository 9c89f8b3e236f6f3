"""Freqtrade's own bias analyses, on the sample strategy and real candles."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd
import pytest

from robustop_plugin.runner.process import run_freqtrade
from tests.conftest import ROOT

pytestmark = pytest.mark.candles

Command = Callable[[str, Sequence[str]], str]
TIMERANGE = "20240105-20240205"


@pytest.fixture
def run(offline_config: Path, common: list[str], tmp_path: Path) -> Command:
    """Return a function that runs a freqtrade command over a month of real candles."""

    def command(name: str, arguments: Sequence[str]) -> str:
        configs = ["--config", str(ROOT / "config.json"), "--config", str(offline_config)]
        strategy = ["--strategy", "HandSpanTrend", "--timerange", TIMERANGE]
        return run_freqtrade([name, *configs, *common, *strategy, *arguments], tmp_path / "freqtrade.log")

    return command


def test_lookahead_analysis_finds_no_bias(run: Command, tmp_path: Path) -> None:
    """`freqtrade lookahead-analysis` compares 40 trades with cut backtests and finds no bias."""
    found = tmp_path / "found.csv"
    run(
        "lookahead-analysis",
        ["--targeted-trade-amount", "40", "--lookahead-analysis-exportfilename", str(found)],
    )
    table = pd.read_csv(found)
    assert len(table) == 1
    row = table.iloc[0]
    assert row["total_signals"] == 40
    assert row["biased_entry_signals"] == 0
    assert row["biased_exit_signals"] == 0
    assert not bool(row["has_bias"])
    assert pd.isna(row["biased_indicators"])


def test_recursive_analysis_finds_no_unexplained_variance(run: Command) -> None:
    """With the strategy's startup candles robustop's columns are the same as with twice as many.

    The remaining difference is the strategy's own slow average, which decays exponentially: below a thousandth of a
    percent.
    """
    output = " ".join(run("recursive-analysis", ["--startup-candle", "1800"]).split())
    assert "No lookahead bias on indicators found" in output
    table = output[output.index("Recursive Analysis") :]
    rows = re.findall(r"│ (\w+) │ (\S+) │ (\S+) │", table)
    assert {name for name, *_ in rows} <= {"fast", "slow"}
    assert all(abs(float(value.rstrip("%"))) < 1e-3 for _, *values in rows for value in values)
