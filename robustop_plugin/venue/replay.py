"""Candles played again as a path of prices, at any speed."""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

import numpy as np

from robustop_plugin.venue.history import CLOSE, HIGH, LOW, OPEN, VOLUME, Candles

POINTS = 4  # of a candle's path: open, nearer extreme, farther extreme, close


class Replay(NamedTuple):
    """What is to be played.

    Attributes:
        start: the candles before it are the history, those from it on are played; it has a time zone.
        speed: how many seconds of the candles pass in one.
    """

    start: datetime
    speed: float = 1.0

    @property
    def start_ms(self) -> int:
        """The start in milliseconds since the epoch."""
        return int(self.start.timestamp() * 1000)


class Tick(NamedTuple):
    """One trade: when, at what price, how much."""

    time: int
    price: float
    volume: float


class Player:
    """Plays the candles of one market.

    The path through a candle is its open, the extreme on the other side of its close, the other extreme, its
    close, each a quarter of the candle after the one before.
    """

    def __init__(self, candles: Candles, length: int, replay: Replay, began: int) -> None:
        """Prepare the path.

        Args:
            candles: as they were; what opens before the start is left out.
            length: of a candle, in milliseconds.
            replay: from when, and how fast.
            began: when the start is played, in milliseconds since the epoch.
        """
        played = candles.between(replay.start_ms, np.iinfo(np.int64).max - 1)
        rows = played.rows
        rises = rows[:, CLOSE] >= rows[:, OPEN]
        nearer = np.where(rises, rows[:, LOW], rows[:, HIGH])
        farther = np.where(rises, rows[:, HIGH], rows[:, LOW])
        ages = played.times[:, np.newaxis] - replay.start_ms + np.arange(POINTS) * length // POINTS
        self._times = began + (ages.ravel() / replay.speed).astype(np.int64)
        self._prices = np.column_stack([rows[:, OPEN], nearer, farther, rows[:, CLOSE]]).ravel()
        self._volumes = np.repeat(rows[:, VOLUME] / POINTS, POINTS)
        self._next = 0

    def until(self, now: int) -> Iterator[Tick]:
        """Yield the ticks since the last call, up to `now`."""
        end = int(np.searchsorted(self._times, now, side="right"))
        begin, self._next = self._next, max(self._next, end)
        for at in range(begin, end):
            yield Tick(int(self._times[at]), float(self._prices[at]), float(self._volumes[at]))
