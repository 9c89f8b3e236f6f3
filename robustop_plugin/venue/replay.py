"""Replays candles at the loopback Binance as a path of prices, at any speed."""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

import numpy as np

from robustop_plugin.venue.history import CLOSE, HIGH, LOW, OPEN, VOLUME, Candles

POINTS = 4  # per candle: open, first extreme, second extreme, close


class Replay(NamedTuple):
    """A replay's start and speed.

    Attributes:
        start: time with a time zone; earlier candles are history, later ones are played.
        speed: candle seconds played per real second.
    """

    start: datetime
    speed: float = 1.0

    @property
    def start_ms(self) -> int:
        """The start, in milliseconds since the epoch."""
        return int(self.start.timestamp() * 1000)


class Tick(NamedTuple):
    """One trade.

    Attributes:
        time: milliseconds since the epoch.
        price: in the quote currency.
        volume: in the base currency.
    """

    time: int
    price: float
    volume: float


class Player:
    """Plays the candles of one market.

    A rising candle's path is open, low, high, close; a falling candle's is open, high, low, close. The four
    prices are a quarter of the candle apart.
    """

    def __init__(self, candles: Candles, length: int, replay: Replay, began: int) -> None:
        """Prepare the path.

        Args:
            candles: the original candles; those before the start are not played.
            length: length of a candle, in milliseconds.
            replay: start and speed.
            began: time at which playing starts, in milliseconds since the epoch.
        """
        played = candles.between(replay.start_ms, np.iinfo(np.int64).max - 1)
        rows = played.rows
        rises = rows[:, CLOSE] >= rows[:, OPEN]
        first = np.where(rises, rows[:, LOW], rows[:, HIGH])
        second = np.where(rises, rows[:, HIGH], rows[:, LOW])
        ages = played.times[:, np.newaxis] - replay.start_ms + np.arange(POINTS) * length // POINTS
        self._times = began + (ages.ravel() / replay.speed).astype(np.int64)
        self._prices = np.column_stack([rows[:, OPEN], first, second, rows[:, CLOSE]]).ravel()
        self._volumes = np.repeat(rows[:, VOLUME] / POINTS, POINTS)
        self._next = 0

    def until(self, now: int) -> Iterator[Tick]:
        """Yield the trades since the last call, up to `now`."""
        end = int(np.searchsorted(self._times, now, side="right"))
        begin, self._next = self._next, max(self._next, end)
        for index in range(begin, end):
            yield Tick(int(self._times[index]), float(self._prices[index]), float(self._volumes[index]))
