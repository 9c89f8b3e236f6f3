"""How good the best of so many settings looks by chance alone, in a market that would have given nothing to any.

White, "A Reality Check for Data Snooping", Econometrica 68 (5), 2000, pages 1097-1126, with the stationary bootstrap of
Politis and Romano, "The Stationary Bootstrap", Journal of the American Statistical Association 89 (428), 1994, pages
1303-1313. The days of all settings are drawn together: settings that are alike count as alike. That is what the
deflated Sharpe ratio of `luck.py` does not see.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from robustop_plugin.lab.sweep.scores.metrics import Measured, unpacked

RESAMPLES = 1000
AT_ONCE = 4096
"""Settings that are resampled together: a million of them fit no memory."""

Floats = NDArray[np.float64]


class Chance(NamedTuple):
    """How likely chance alone makes the best of the settings as good as the chosen one is.

    Attributes:
        of_profit: if the settings earned nothing on average.
        of_improvement: if none of them were better than the settings in force.
    """

    of_profit: float
    of_improvement: float


def chance_of(chosen: Measured, tried: Sequence[Measured], yours: Measured, seed: int) -> Chance | None:
    """Return how likely chance alone is as good as a chosen setting; None for less than two days.

    Args:
        chosen: the setting.
        tried: all that were tried over the same days, the chosen one among them.
        yours: the setting in force, over the same days.
        seed: of the resampling.
    """
    if chosen.days < 2:  # noqa: PLR2004 (one day is drawn alone)
        return None
    weights = resampled_weights(chosen.days, RESAMPLES, seed)
    base = unpacked(yours.daily)
    best, in_force = unpacked(chosen.daily), np.zeros(chosen.days)
    return Chance(
        of_profit=reality_check(best, _days_of(tried, in_force), weights),
        of_improvement=reality_check(best - base, _days_of(tried, base), weights),
    )


def reality_check(chosen: Floats, tried: Iterator[Floats], weights: Floats) -> float:
    """Return the p-value of a chosen row of returns, given that it was chosen among many.

    Where the chosen one has the largest mean it is White's; for any other it is the same test of that one, with the
    search for it counted in full: never too small.

    Args:
        chosen: returns over a benchmark, one for each day.
        tried: those of all that were tried, settings by days, in pieces.
        weights: of the days in each resample, resamples by days.
    """
    luckiest = np.full(len(weights), -np.inf)
    for returns in tried:
        # The mean of each resample, less the mean that there was: what chance adds where there is nothing.
        added = (returns - returns.mean(axis=1, keepdims=True)) @ weights.T
        luckiest = np.maximum(luckiest, added.max(axis=0))
    return float((1 + np.count_nonzero(luckiest >= chosen.mean())) / (1 + len(weights)))


def resampled_weights(days: int, count: int, seed: int) -> Floats:
    """Return what each day counts in the mean of each resample of the stationary bootstrap.

    A resample goes on from a day to the next one, from the last one to the first; and from time to time it goes on
    at any day. What follows each other stays together for the third root of the number of days, on average.
    """
    random = np.random.default_rng(seed)
    block = days ** (1 / 3)
    day = random.integers(days, size=count)
    weights = np.zeros((count, days))
    for _ in range(days):
        weights[np.arange(count), day] += 1 / days
        goes_on = random.random(count) >= 1 / block
        day = np.where(goes_on, (day + 1) % days, random.integers(days, size=count))
    return weights


def _days_of(tried: Sequence[Measured], base: Floats) -> Iterator[Floats]:
    """Yield the daily returns over a benchmark, settings by days."""
    for start in range(0, len(tried), AT_ONCE):
        yield np.array([unpacked(one.daily) for one in tried[start : start + AT_ONCE]]) - base
