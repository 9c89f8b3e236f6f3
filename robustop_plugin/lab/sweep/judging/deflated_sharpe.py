"""The deflated Sharpe ratio: whether the best of many tries is better than luck.

Bailey and Lopez de Prado, "The Deflated Sharpe Ratio: Correcting for Selection Bias, Backtest Overfitting and
Non-Normality", The Journal of Portfolio Management 40 (5), 2014, pages 94-107.
"""

import math
from collections.abc import Sequence
from statistics import NormalDist, variance

from robustop_plugin.lab.sweep.scores.metrics import Metrics

EULER_MASCHERONI = 0.5772156649015329
"""The Euler-Mascheroni constant."""

NORMAL = NormalDist()


def expected_best_sharpe(tries: int, spread: float) -> float:
    """Return the expected Sharpe ratio of the best of many tries without skill.

    Args:
        tries: Number of tries.
        spread: Variance of their Sharpe ratios.
    """
    if tries < 2:  # noqa: PLR2004 (a single try is no selection)
        return 0.0
    near, far = NORMAL.inv_cdf(1 - 1 / tries), NORMAL.inv_cdf(1 - 1 / (tries * math.e))
    return math.sqrt(spread) * ((1 - EULER_MASCHERONI) * near + EULER_MASCHERONI * far)


def probabilistic_sharpe(sharpe: float, benchmark: float, count: int, skewness: float, kurtosis: float) -> float:
    """Return the probability that the true Sharpe ratio is above a benchmark.

    Args:
        sharpe: Measured ratio per step.
        benchmark: Benchmark ratio per step.
        count: Number of returns.
        skewness: Skewness of the returns.
        kurtosis: Kurtosis of the returns; 3 for a normal distribution.
    """
    deviation = math.sqrt(max(0.0, 1 - skewness * sharpe + (kurtosis - 1) / 4 * sharpe**2))
    if deviation == 0 or count < 2:  # noqa: PLR2004 (one return has no deviation)
        return float("nan")
    return NORMAL.cdf((sharpe - benchmark) * math.sqrt(count - 1) / deviation)


def deflated_sharpe(chosen: Metrics, tried: Sequence[Metrics]) -> float | None:
    """Return the probability that a chosen setting has skill, given all tries; None if its returns are constant.

    The tries are treated as independent. Similar settings are not, so the result is conservative.

    Args:
        chosen: Metrics of the chosen setting.
        tried: Metrics of all tries, the chosen one among them.
    """
    ratios = [metrics.sharpe for metrics in tried if metrics.sharpe is not None]
    if chosen.sharpe is None:
        return None
    spread = variance(ratios) if len(ratios) > 1 else 0.0
    benchmark = expected_best_sharpe(len(ratios), spread)
    likely = probabilistic_sharpe(chosen.sharpe, benchmark, chosen.days, chosen.skewness, chosen.kurtosis)
    return None if math.isnan(likely) else likely
