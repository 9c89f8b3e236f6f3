"""White's reality check: how good the best of many settings looks by chance, if none has any edge.

White, "A Reality Check for Data Snooping", Econometrica 68 (5), 2000, pages 1097-1126, with the stationary bootstrap of
Politis and Romano, "The Stationary Bootstrap", Journal of the American Statistical Association 89 (428), 1994, pages
1303-1313. The days of all settings are resampled together, so the test accounts for similar settings; the deflated
Sharpe ratio (`deflated_sharpe.py`) treats them as independent.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from robustop_plugin.lab.sweep.scores.metrics import Metrics, unpack_floats

RESAMPLES = 1000
BATCH_SIZE = 4096
"""Settings resampled together, to limit memory."""

Floats = NDArray[np.float64]


class RealityChecks(NamedTuple):
    """p-values of White's reality check.

    Attributes:
        of_profit: Against the benchmark of no profit.
        of_improvement: Against the benchmark of the settings in force.
    """

    of_profit: float
    of_improvement: float


def reality_checks(chosen: Metrics, tried: Sequence[Metrics], baseline: Metrics, seed: int) -> RealityChecks | None:
    """Return the p-values of a chosen setting; None for less than two days.

    Args:
        chosen: Metrics of the chosen setting.
        tried: Metrics of all tries over the same days, the chosen one among them.
        baseline: Metrics of the settings in force over the same days.
        seed: Random seed of the resampling.
    """
    if chosen.days < 2:  # noqa: PLR2004 (a single day cannot be resampled)
        return None
    weights = resampled_weights(chosen.days, RESAMPLES, seed)
    benchmark = unpack_floats(baseline.daily)
    best, zero = unpack_floats(chosen.daily), np.zeros(chosen.days)
    return RealityChecks(
        of_profit=reality_check_p_value(best, _excess_returns(tried, zero), weights),
        of_improvement=reality_check_p_value(best - benchmark, _excess_returns(tried, benchmark), weights),
    )


def reality_check_p_value(chosen: Floats, tried: Iterator[Floats], weights: Floats) -> float:
    """Return the p-value of a row of returns that was chosen among many.

    For the row with the largest mean this is White's p-value. For any other row the same test is conservative: the
    search is counted in full.

    Args:
        chosen: Daily returns over the benchmark.
        tried: Daily returns over the benchmark of all tries, settings by days, in batches.
        weights: Weight of each day in each resample, resamples by days.
    """
    luckiest = np.full(len(weights), -np.inf)
    for returns in tried:
        # Resampled mean less observed mean: what chance adds if there is no edge.
        added = (returns - returns.mean(axis=1, keepdims=True)) @ weights.T
        luckiest = np.maximum(luckiest, added.max(axis=0))
    return float((1 + np.count_nonzero(luckiest >= chosen.mean())) / (1 + len(weights)))


def resampled_weights(days: int, count: int, seed: int) -> Floats:
    """Return the weight of each day in each resample of the stationary bootstrap.

    A resample continues with the next day (the first follows the last) or jumps to a random day. The mean block
    length is the cube root of the number of days.
    """
    random = np.random.default_rng(seed)
    block = days ** (1 / 3)
    day = random.integers(days, size=count)
    weights = np.zeros((count, days))
    for _ in range(days):
        weights[np.arange(count), day] += 1 / days
        continues = random.random(count) >= 1 / block
        day = np.where(continues, (day + 1) % days, random.integers(days, size=count))
    return weights


def _excess_returns(tried: Sequence[Metrics], benchmark: Floats) -> Iterator[Floats]:
    """Yield daily returns over a benchmark, settings by days, in batches."""
    for start in range(0, len(tried), BATCH_SIZE):
        yield np.array([unpack_floats(metrics.daily) for metrics in tried[start : start + BATCH_SIZE]]) - benchmark
