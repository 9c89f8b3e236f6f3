"""A real `freqtrade backtesting` process over six weeks of twelve real pairs; ROBUSTOP_LONG=1: over all eight."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from robustop_plugin.runner.process import BacktestResult
from tests.support.explain import explain

pytestmark = pytest.mark.candles

COSTS_PERCENT = 0.25
LONG = bool(os.environ.get("ROBUSTOP_LONG"))
TIMERANGE, FEWEST_TRADES = ("20240105-20240905", 1000) if LONG else ("20240105-20240220", 350)


@pytest.fixture(scope="module")
def result(run_backtest: Callable[[str, str], BacktestResult]) -> BacktestResult:
    """Run the sample strategy over all spot candles, once."""
    return run_backtest("HandSpanTrend", TIMERANGE)


def test_every_exit_is_explained_and_no_stop_loosened(
    result: BacktestResult, candles: Path, tell: Callable[[str], None]
) -> None:
    """Audit and candles explain every exit; stops never loosen; 2R never turns into a loss."""
    explanation = explain(result.trades, result.audit, candles, COSTS_PERCENT)
    tell(f"{len(result.trades)} trades: {dict(explanation)}")
    assert explanation.problems == []
    assert len(result.trades) > FEWEST_TRADES


def test_nothing_went_wrong_in_the_log(result: BacktestResult) -> None:
    """The process logged no exception and no robustop error."""
    log = (result.folder / "freqtrade.log").read_text(encoding="utf-8")
    assert "Traceback" not in log
    assert "robustop:" not in log


def test_the_audit_has_one_record_per_event(result: BacktestResult) -> None:
    """Each trade has one first record, one last record, and gapless numbers between them."""
    numbers: dict[str, list[int]] = {}
    for record in result.audit:
        trade, number = record["token"].rsplit(":", 1)
        numbers.setdefault(trade, []).append(int(number))
    assert len(numbers) == len(result.trades)
    assert all(found == list(range(1, len(found) + 1)) for found in numbers.values())
    assert sum(record["action"] == "closed" for record in result.audit) == len(result.trades)
