"""Candle history of the loopback Binance: slicing, shifting in time, resampling to longer intervals."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from robustop_plugin.venue.intervals import Times, openings

OHLCV = ["open", "high", "low", "close", "volume"]
OPEN, HIGH, LOW, CLOSE, VOLUME = range(len(OHLCV))


class Candles(NamedTuple):
    """Candles, oldest first.

    Attributes:
        times: opening times, in milliseconds since the epoch.
        rows: one row per candle: open, high, low, close (quote currency), volume (base currency).
    """

    times: Times
    rows: NDArray[np.float64]

    def slid(self, by: int) -> "Candles":
        """Return the candles shifted `by` milliseconds later."""
        return self._replace(times=self.times + by)

    def between(self, first: int, last: int) -> "Candles":
        """Return the candles that open from `first` to `last`, inclusive."""
        begin, end = np.searchsorted(self.times, [first, last + 1])
        return Candles(self.times[begin:end], self.rows[begin:end])

    def together(self, interval: str) -> "Candles":
        """Return the candles resampled to a longer interval."""
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
    """Return the candles in one of Freqtrade's feather files."""
    frame = pd.read_feather(path)
    times = frame["date"].dt.as_unit("ms").astype("int64").to_numpy()
    return Candles(times, frame[OHLCV].to_numpy(dtype=np.float64))
