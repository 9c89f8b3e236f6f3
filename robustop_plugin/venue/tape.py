"""Candle tape of a market at the loopback Binance: its history, extended by trades and quiet candles."""

import numpy as np

from robustop_plugin.venue.history import CLOSE, HIGH, LOW, NO_CANDLES, VOLUME, Candles
from robustop_plugin.venue.intervals import LENGTHS, opening


class Tape:
    """Candles up to now.

    Each trade updates the newest candle. Without trades, candles with the last price and no volume are added.

    Attributes:
        interval: interval of the candles on the tape; longer candles are resampled from them.
    """

    def __init__(self, interval: str, history: Candles = NO_CANDLES) -> None:
        """Start with a history whose last candle is still open."""
        self.interval = interval
        self._history = Candles(history.times[:-1], history.rows[:-1])
        self._recent = [
            (int(time), row.tolist()) for time, row in zip(history.times[-1:], history.rows[-1:], strict=True)
        ]

    @property
    def last(self) -> float | None:
        """The last price; None before the first trade."""
        return self._recent[-1][1][CLOSE] if self._recent else None

    @property
    def begins(self) -> int | None:
        """Opening time of the first candle, in milliseconds since the epoch; None without a candle."""
        if len(self._history.times):
            return int(self._history.times[0])
        return self._recent[0][0] if self._recent else None

    def offers(self, interval: str) -> bool:
        """Return whether candles of `interval` can be resampled from those on the tape."""
        return interval in LENGTHS and LENGTHS[interval] >= LENGTHS[self.interval]

    def roll(self, now: int) -> None:
        """Add quiet candles up to the one that contains `now`."""
        if self._recent:
            length = LENGTHS[self.interval]
            opened, (*_, price, _) = self._recent[-1]
            for time in range(opened + length, now + 1, length):
                self._recent.append((time, [price] * (CLOSE + 1) + [0.0]))

    def tick(self, now: int, price: float, volume: float) -> None:
        """Trade `volume` at `price`."""
        self.roll(now)
        if not self._recent:
            self._recent.append((opening(now, self.interval), [price] * (CLOSE + 1) + [0.0]))
        candle = self._recent[-1][1]
        if candle[VOLUME] == 0:
            # The first trade in a quiet candle sets its open.
            candle[:VOLUME] = [price] * VOLUME
        candle[HIGH] = max(candle[HIGH], price)
        candle[LOW] = min(candle[LOW], price)
        candle[CLOSE] = price
        candle[VOLUME] += volume

    def candles(self, interval: str, first: int, last: int) -> Candles:
        """Return the candles of `interval` that open from `first` to `last`, including the open one."""
        start = opening(first, interval)
        past = self._history.between(start, last + 2 * LENGTHS[interval])
        recent = [candle for candle in self._recent if candle[0] >= start]
        if recent:
            times, values = zip(*recent, strict=True)
            past = Candles(np.append(past.times, times), np.concatenate([past.rows, values]))
        return past.together(interval).between(first, last)
