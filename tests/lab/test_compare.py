"""The numbers of the demo's table, on two hand-made trades."""

from pathlib import Path

import numpy as np
import pytest

from robustop_plugin.lab.compare import Candles, best_price_before_exit, risks, same_entries, summarize
from robustop_plugin.runner.process import BacktestResult

CANDLES = Candles(
    np.array([0, 300_000, 600_000, 900_000]),
    np.array([101.0, 106.0, 104.0, 150.0]),
    np.array([99.0, 100.0, 97.0, 90.0]),
)
LONG = {
    "pair": "A/USDT",
    "open_timestamp": 0,
    "close_timestamp": 900_000,
    "open_rate": 100.0,
    "close_rate": 99.0,
    "profit_abs": -10.0,
    "profit_ratio": -0.01,
    "is_short": False,
    "exit_reason": "stop_loss",
}
SHORT = {**LONG, "pair": "B/USDT", "is_short": True, "close_rate": 98.5, "profit_abs": 15.0}
INITIAL = {"action": "initial", "time": 0.0, "price": 100.0, "new_stop": 95.0, "trade_id": 1}
AUDIT = [{**INITIAL, "pair": "A/USDT"}, {**INITIAL, "pair": "B/USDT", "new_stop": 105.0}]


def result(trades: list[dict[str, object]]) -> BacktestResult:
    """Return a backtest with these trades."""
    figures = {"trades": trades, "profit_total_abs": 5.0, "max_drawdown_abs": 10.0}
    return BacktestResult("S", figures, AUDIT, Path())


@pytest.mark.parametrize(("trade", "best"), [(LONG, 106.0), (SHORT, 97.0)])
def test_the_best_price_is_that_of_the_candles_closed_before_the_exit(trade: dict, best: float) -> None:
    """The exit candle does not count, because the order of prices within it is unknown."""
    assert best_price_before_exit(trade, CANDLES) == best


def test_a_trade_that_closes_on_its_first_candle_has_only_its_entry() -> None:
    """Without a closed candle the best price is the entry."""
    assert best_price_before_exit({**LONG, "close_timestamp": 0}, CANDLES) == 100.0


def test_the_summary_counts_lost_winners_and_giveback() -> None:
    """The long trade reached 1.2R and lost; the givebacks are 7 and 1.5 percent of the entries."""
    summary = summarize(result([LONG, SHORT]), risks(AUDIT), {"A/USDT": CANDLES, "B/USDT": CANDLES})
    assert summary.trades == 2
    assert summary.lost_winners == 1
    assert summary.giveback_percent == pytest.approx((7.0 + 1.5) / 2)


def test_runs_with_other_entries_are_told_apart() -> None:
    """Runs are comparable if pairs and times of their entries are equal, in any order."""
    assert same_entries(result([LONG, SHORT]), result([SHORT, LONG]))
    assert not same_entries(result([LONG]), result([SHORT]))
