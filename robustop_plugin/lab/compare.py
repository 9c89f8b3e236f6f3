"""The same entries with two kinds of exits: what was given back, and what was lost again."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from robustop_plugin.runner.process import BacktestResult


class Candles(NamedTuple):
    """The candles of one pair: opening times in milliseconds, highs and lows in price."""

    opened: NDArray[np.int64]
    high: NDArray[np.float64]
    low: NDArray[np.float64]


class Summary(NamedTuple):
    """One run in numbers.

    Attributes:
        strategy: its name.
        trades: how many there were.
        profit: sum of all profits, in stake currency.
        lost_winners: trades that had reached 1R on a candle closed before their exit and still lost money.
        giveback_percent: average distance from the best price to the exit, in percent of the entry.
        drawdown: largest fall of the account from a peak, in stake currency.
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


def best_before_exit(trade: Mapping[str, Any], candles: Candles) -> float:
    """Return the most favourable price on the candles that closed before the exit's, at least the entry."""
    first = int(np.searchsorted(candles.opened, trade["open_timestamp"]))
    last = int(np.searchsorted(candles.opened, trade["close_timestamp"]))
    entry = float(trade["open_rate"])
    if trade["is_short"]:
        return float(min([entry, *candles.low[first:last]]))
    return float(max([entry, *candles.high[first:last]]))


def entry_of(trade: Mapping[str, Any]) -> tuple[str, int]:
    """Return what two runs must share for their exits to be comparable: pair and time of the entry."""
    return str(trade["pair"]), int(trade["open_timestamp"])


def risks(audit: Sequence[Mapping[str, Any]]) -> dict[tuple[str, int], float]:
    """Return `R` in price for every entry that an audit knows."""
    return {
        (record["pair"], int(record["time"] * 1000)): abs(record["price"] - record["new_stop"])
        for record in audit
        if record["action"] == "initial"
    }


def summarise(result: BacktestResult, risk: Mapping[tuple[str, int], float], candles: Mapping[str, Candles]) -> Summary:
    """Return a run in numbers.

    Args:
        result: the run.
        risk: `R` by entry; of the run with robustop, for both.
        candles: by pair.
    """
    givebacks, lost_winners = [], 0
    for trade in result.trades:
        best = best_before_exit(trade, candles[trade["pair"]])
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
