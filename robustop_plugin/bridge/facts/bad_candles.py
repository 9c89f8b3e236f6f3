"""Finds candles with impossible prices, so that one of them does not spoil the indicators of later candles.

TA-Lib carries one NaN through every later value of a recursive indicator. A bad candle is therefore treated as if the
exchange had not sent it, which is how Freqtrade and TA-Lib treat a missing candle: the next true range counts from the
last good close, so it includes the price change in between, and no indicator restarts. If a run of bad candles is
longer than the age limit of an ATR, the old average counts as missing, and the indicators restart after the run.
"""

import logging

import numpy as np
from numpy.typing import NDArray
from pandas import DataFrame

logger = logging.getLogger(__name__)

PRICES = ["open", "high", "low", "close"]
AGE_LIMIT_PERIODS = 3
"""An ATR older than this many of its periods counts as missing."""


def age_limit(period: int) -> int:
    """Return the age, in candles, from which an ATR over `period` candles counts as missing."""
    return AGE_LIMIT_PERIODS * period


def bad_candles(dataframe: DataFrame) -> NDArray[np.bool_]:
    """Return a mask of the candles that have a price that is not finite and positive."""
    columns = [dataframe[name].to_numpy(dtype=np.float64) for name in PRICES]
    if all(column.min(initial=1.0) > 0 and column.max(initial=1.0) < np.inf for column in columns):
        # The usual case, in a third of the time. NaN fails both comparisons.
        return np.zeros(len(dataframe), dtype=np.bool_)
    bad = np.zeros(len(dataframe), dtype=np.bool_)
    for column in columns:
        bad |= ~((column > 0) & (column < np.inf))
    return bad


def split_at_long_gaps(bad: NDArray[np.bool_], longest_gap: int) -> list[NDArray[np.int64]]:
    """Return the positions of the good candles, split wherever more than `longest_gap` bad ones lie between two.

    There is always at least one part; it is empty if no candle is good.
    """
    good = np.flatnonzero(~bad).astype(np.int64)
    return np.split(good, np.flatnonzero(np.diff(good) > longest_gap + 1) + 1)


def carry_forward(values: NDArray[np.float64], bad: NDArray[np.bool_], longest: int) -> NDArray[np.float64]:
    """Return the values with each bad candle's replaced by that of the last good one, up to `longest` candles back."""
    positions = np.arange(len(values))
    last_good = np.maximum.accumulate(np.where(bad, -1, positions))
    is_carried = bad & (last_good >= 0) & (positions - last_good <= longest)
    return np.where(is_carried, values[last_good], values)


class BadCandleLog:
    """Logs bad candles, once per pair until all its candles are good again."""

    def __init__(self) -> None:
        """Start with no pair reported."""
        self._reported: set[str] = set()

    def report(self, pair: str, dataframe: DataFrame, bad: NDArray[np.bool_]) -> None:
        """Log that a pair has bad candles, unless that was logged already."""
        count = int(bad.sum())
        if not count:
            self._reported.discard(pair)
        elif pair not in self._reported:
            self._reported.add(pair)
            last = dataframe["date"].iloc[np.flatnonzero(bad)[-1]] if "date" in dataframe else "an unknown time"
            logger.warning(
                "robustop: %s has %s of %s candles with a price that is not finite and positive, the last at %s: "
                "ATR and the other columns of the stops leave them out",
                pair,
                count,
                len(bad),
                last,
            )
