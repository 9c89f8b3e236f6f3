"""Market regimes of the loopback Binance's embedded market, and their sequence."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

MINUTES_PER_HOUR = 60
MINUTES_PER_DAY = 24 * MINUTES_PER_HOUR


class Regime(NamedTuple):
    """A market regime.

    Attributes:
        name: a trader's name for it.
        hours: shortest and longest duration, in hours; log-uniform in between.
        move: smallest and largest total move, in standard deviations of the pair's ordinary move over that time.
        unrest: volatility, as a multiple of the pair's.
        half_life: half-life of the pull back to the starting price, in hours; None without a pull.
    """

    name: str
    hours: tuple[float, float]
    move: tuple[float, float]
    unrest: float
    half_life: float | None = None


class Stretch(NamedTuple):
    """A stretch of candles in one regime.

    Attributes:
        regime: the regime.
        start: index of the first candle.
        stop: index after the last candle.
        move: total move, in the unit of `Regime.move`.
    """

    regime: Regime
    start: int
    stop: int
    move: float


TREND_UP = Regime("trend up", (8, 72), (0.7, 1.9), 1.05)
TREND_DOWN = Regime("trend down", (8, 60), (-1.9, -0.7), 1.15)
RANGE = Regime("range", (8, 60), (0, 0), 1.05, half_life=6)
QUIET = Regime("quiet", (4, 24), (0, 0), 0.45, half_life=8)
CRASH = Regime("crash", (2.5, 4.5), (-12.5, -11), 3.0)
REBOUND = Regime("rebound", (5, 14), (3.2, 4.5), 1.6)

# One round lasts about 19 days; a rebound always follows its crash.
ROUND = (*[(TREND_UP,)] * 6, *[(TREND_DOWN,)] * 4, *[(RANGE,)] * 4, *[(QUIET,)] * 4, (CRASH, REBOUND))


def stretches(rng: np.random.Generator, candles: int, minutes: int) -> Iterator[Stretch]:
    """Yield stretches in shuffled rounds until they cover `candles` of `minutes` each; the last is cut."""
    start = 0
    while start < candles:
        for turn in rng.permutation(len(ROUND)):
            for regime in ROUND[turn]:
                hours = np.exp(rng.uniform(*np.log(regime.hours)))
                stop = min(candles, start + max(1, round(hours * MINUTES_PER_HOUR / minutes)))
                if stop > start:
                    yield Stretch(regime, start, stop, rng.uniform(*regime.move))
                start = stop
