"""Compares two backtests with the same entries and different exits: giveback and lost winners."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from robustop_plugin.runner.process import BacktestResult


class Candles(NamedTuple):
    """Candles of one pair: opening times in milliseconds since the epoch, highs and lows in price."""

    opened: NDArray[np.int64]
    high: NDArray[np.float64]
    low: NDArray[np.float64]


class Summary(NamedTuple):
    """Summary of one backtest.

    Attributes:
        strategy: Name of the strategy.
        trades: Number of trades.
        profit: Sum of all profits, in the stake currency.
        lost_winners: Trades that had reached 1R on a candle closed before their exit and still lost money.
        giveback_percent: Average distance from the best price to the exit, in percent of the entry.
        drawdown: Deepest fall of the account from a peak, in the stake currency.
    """

    strategy: str
    trades: int
    profit: float
    lost_winners: int
    giveback_percent: float
    drawdown: float


def read_candles(datadir: Path, pair: str, timeframe: str) -> Candles:
    """Return the candles of a pair from a folder of Freqtrade's feather files."""
    frame = pd.read_feather(datadir / f"{pair.replace('/', '_')}-{timeframe}.feather")
    opened = frame["date"].dt.as_unit("ms").astype("int64").to_numpy()
    return Candles(opened, frame["high"].to_numpy(), frame["low"].to_numpy())


def best_price_before_exit(trade: Mapping[str, Any], candles: Candles) -> float:
    """Return the most favorable price of the candles closed before the exit candle; at least the entry price."""
    first = int(np.searchsorted(candles.opened, trade["open_timestamp"]))
    last = int(np.searchsorted(candles.opened, trade["close_timestamp"]))
    entry = float(trade["open_rate"])
    if trade["is_short"]:
        return float(min([entry, *candles.low[first:last]]))
    return float(max([entry, *candles.high[first:last]]))


def entry_of(trade: Mapping[str, Any]) -> tuple[str, int]:
    """Return pair and time of an entry, which identify it in two runs."""
    return str(trade["pair"]), int(trade["open_timestamp"])


def risks(audit: Sequence[Mapping[str, Any]]) -> dict[tuple[str, int], float]:
    """Return `R` in price of every entry in an audit."""
    return {
        (record["pair"], int(record["time"] * 1000)): abs(record["price"] - record["new_stop"])
        for record in audit
        if record["action"] == "initial"
    }


def summarize(result: BacktestResult, risk: Mapping[tuple[str, int], float], candles: Mapping[str, Candles]) -> Summary:
    """Return the summary of a backtest.

    Args:
        result: The backtest.
        risk: `R` in price by entry, from the backtest with robustop.
        candles: Candles by pair.
    """
    givebacks, lost_winners = [], 0
    for trade in result.trades:
        best = best_price_before_exit(trade, candles[trade["pair"]])
        side = -1 if trade["is_short"] else 1
        given_back = max(0.0, side * (best - trade["close_rate"]))
        givebacks.append(100 * given_back / trade["open_rate"])
        reached = side * (best - trade["open_rate"]) / risk[entry_of(trade)]
        lost_winners += reached >= 1 and trade["profit_abs"] < 0
    return Summary(
        strategy=result.strategy,
        trades=len(result.trades),
        profit=float(result.statistics["profit_total_abs"]),
        lost_winners=lost_winners,
        giveback_percent=float(np.mean(givebacks)) if givebacks else 0.0,
        drawdown=float(result.statistics["max_drawdown_abs"]),
    )


def same_entries(first: BacktestResult, second: BacktestResult) -> bool:
    """Return whether two runs entered the same pairs at the same times."""
    return sorted(map(entry_of, first.trades)) == sorted(map(entry_of, second.trades))
