"""Columns of candles: cut, slid in time, and put together to longer ones."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from robustop_plugin.venue.intervals import Times, openings

OHLCV = ["open", "high", "low", "close", "volume"]
OPEN, HIGH, LOW, CLOSE, VOLUME = range(len(OHLCV))


class Candles(NamedTuple):
    """Candles in the order of their times.

    Attributes:
        times: when each opens, in milliseconds since the epoch.
        rows: one for each: open, high, low, close, volume.
    """

    times: Times
    rows: NDArray[np.float64]

    def slid(self, by: int) -> "Candles":
        """Return the same candles `by` milliseconds later."""
        return self._replace(times=self.times + by)

    def between(self, first: int, last: int) -> "Candles":
        """Return those that open from `first` to `last`, both included."""
        begin, end = np.searchsorted(self.times, [first, last + 1])
        return Candles(self.times[begin:end], self.rows[begin:end])

    def together(self, interval: str) -> "Candles":
        """Return the candles of a longer interval that these make up."""
        opened = openings(self.times, interval)
        if not len(opened) or np.array_equal(opened, self.times):
            return self
        begins = np.flatnonzero(np.diff(opened, prepend=opened[0] - 1))
        ends = np.append(begins[1:], len(opened)) - 1
        values = self.rows[begins]
        values[:, HIGH] = np.maximum.reduceat(self.rows[:, HIGH], begins)
        values[:, LOW] = np.minimum.reduceat(self.rows[:, LOW], begins)
        values[:, CLOSE] = self.rows[ends, CLOSE]
        values[:, VOLUME] = np.add.reduceat(self.rows[:, VOLUME], begins)
        return Candles(opened[begins], values)


NO_CANDLES = Candles(np.empty(0, dtype=np.int64), np.empty((0, len(OHLCV))))


def read(path: Path) -> Candles:
    """Return the candles of one of Freqtrade's feather files."""
    frame = pd.read_feather(path)
    times = frame["date"].dt.as_unit("ms").astype("int64").to_numpy()
    return Candles(times, frame[OHLCV].to_numpy(dtype=np.float64))
