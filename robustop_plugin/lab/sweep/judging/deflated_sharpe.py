"""How much of the best result is luck: the best of many tries looks good even where nothing is.

Bailey and Lopez de Prado, "The Deflated Sharpe Ratio: Correcting for Selection Bias, Backtest Overfitting and
Non-Normality", The Journal of Portfolio Management 40 (5), 2014, pages 94-107.
"""

import math
from collections.abc import Sequence
from statistics import NormalDist, variance

from robustop_plugin.lab.sweep.scores.metrics import Measured

EULER = 0.5772156649015329
"""The constant of Euler and Mascheroni."""

NORMAL = NormalDist()


def expected_best(tries: int, spread: float) -> float:
    """Return the Sharpe ratio that the best of many tries has on average where none has any skill.

    Args:
        tries: how many there were.
        spread: variance of their Sharpe ratios.
    """
    if tries < 2:  # noqa: PLR2004 (the best of one is no choice)
        return 0.0
    near, far = NORMAL.inv_cdf(1 - 1 / tries), NORMAL.inv_cdf(1 - 1 / (tries * math.e))
    return math.sqrt(spread) * ((1 - EULER) * near + EULER * far)


def probabilistic_sharpe(sharpe: float, benchmark: float, count: int, skewness: float, kurtosis: float) -> float:
    """Return how likely it is that the true Sharpe ratio is above a benchmark.

    Args:
        sharpe: that was measured, of one step.
        benchmark: of one step.
        count: of the returns it was measured on.
        skewness: of the returns.
        kurtosis: of the returns; 3 for a normal distribution.
    """
    deviation = math.sqrt(max(0.0, 1 - skewness * sharpe + (kurtosis - 1) / 4 * sharpe**2))
    if deviation == 0 or count < 2:  # noqa: PLR2004 (one return has no deviation)
        return float("nan")
    return NORMAL.cdf((sharpe - benchmark) * math.sqrt(count - 1) / deviation)


def deflated_sharpe(chosen: Measured, tried: Sequence[Measured]) -> float | None:
    """Return how likely it is that a chosen setting has any skill, after so many tries; None where nothing varies.

    The tries are taken as independent. Settings that are alike are not, and then the truth is less severe.

    Args:
        chosen: the setting.
        tried: all that were tried, the chosen one among them.
    """
    ratios = [one.sharpe for one in tried if one.sharpe is not None]
    if chosen.sharpe is None:
        return None
    spread = variance(ratios) if len(ratios) > 1 else 0.0
    benchmark = expected_best(len(ratios), spread)
    likely = probabilistic_sharpe(chosen.sharpe, benchmark, chosen.days, chosen.skewness, chosen.kurtosis)
    return None if math.isnan(likely) else likely
