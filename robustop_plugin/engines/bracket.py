"""The risk/reward bracket: the initial stop on one side, a take profit on the other, whichever comes first.

It offers no level. The position is closed at a profit of `ratio * R`, where the ratio is
fixed, grows with the volatility, or depends on the market regime. Volatility and regime are those at the first fill.
"""

import math
from typing import NamedTuple

from robustop_plugin.core.engine import NO_LEVELS, Levels, View
from robustop_plugin.core.exact import Exact, add, at_least, decimal, difference, divide, multiply

FIXED_RATIO, VOLATILITY, MARKET_CONDITION = 0, 1, 2
"""Numbers of the strategies that determine the ratio."""


class BracketOptions(NamedTuple):
    """Settings of the engine, as numbers; ratios and factors are positive.

    Attributes:
        strategy: a constant above.
        base_ratio: reward, in multiples of the risk.
        volatility_factor: how strongly the ratio follows the ATR relative to its mean.
        trending: factor of the ratio in a trending market.
        ranging: factor of the ratio in a ranging market.
        volatile: factor of the ratio in a volatile market.
        min_ratio: smallest ratio.
        max_ratio: largest ratio.
    """

    strategy: int
    base_ratio: float
    volatility_factor: float
    trending: float
    ranging: float
    volatile: float
    min_ratio: float
    max_ratio: float


def bracket(view: View, options: BracketOptions) -> Levels:  # noqa: ARG001 (an engine like any other)
    """Return no level: the stop stays where it is."""
    return NO_LEVELS


def target(view: View, options: BracketOptions) -> Exact:
    """Return the profit at which the position is closed, in ticks."""
    ratio = wanted_ratio(view, options)
    smallest, largest = decimal(options.min_ratio), decimal(options.max_ratio)
    if at_least(smallest, ratio):
        ratio = smallest
    elif at_least(ratio, largest):
        ratio = largest
    return multiply(ratio, view.risk)


def wanted_ratio(view: View, options: BracketOptions) -> Exact:
    """Return the ratio before bounds; the base ratio if its inputs were unknown at the entry."""
    base = decimal(options.base_ratio)
    if options.strategy == VOLATILITY and not (math.isnan(view.atr_at_entry) or math.isnan(view.atr_mean)):
        # base * (1 + factor * (atr / mean - 1)), with the mean as common denominator
        mean = decimal(view.atr_mean)
        above = multiply(decimal(options.volatility_factor), difference(view.atr_at_entry, view.atr_mean))
        return divide(multiply(base, add(mean, above)), mean)
    if options.strategy == MARKET_CONDITION and view.regime > 0:
        factors = (options.trending, options.ranging, options.volatile)
        return multiply(base, decimal(factors[view.regime - 1]))
    return base


def next_change(view: View, options: BracketOptions) -> float:  # noqa: ARG001 (an engine like any other)
    """Return infinity: it offers no level, so no price changes its levels."""
    return math.inf
