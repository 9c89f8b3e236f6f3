"""The percent trail: asleep until a profit is reached, then a fixed percentage behind its own best price.

It wakes when the profit reaches `activation_percent`, or after `activate_after_minutes` as soon as the profit is
at least `min_profit_percent`, and stays awake. Its best price `Ba` starts at the price that woke it; the trail is
`Ba * (1 - s * distance_percent / 100)`. While the momentum is strong the distance is multiplied.
"""

import math
from typing import NamedTuple

from robustop_plugin.core.durations import MINUTE, at_least_as_old
from robustop_plugin.core.engine import NO_LEVEL, Levels, View
from robustop_plugin.core.exact import HUNDRED, ONE, Exact, at_least, decimal, divide, multiply, subtract
from robustop_plugin.core.grid import to_ticks
from robustop_plugin.core.side import better, signed
from robustop_plugin.engines.breakeven import breakeven_net_of_costs, next_clearing


class SmartTrailOptions(NamedTuple):
    """Settings of the engine, as numbers; infinite switches a threshold off.

    Attributes:
        activation_percent: profit that wakes it, in percent of the entry.
        activate_after_minutes: age from which a smaller profit is enough.
        min_profit_percent: that smaller profit, in percent of the entry.
        distance_percent: how far behind its best price the trail follows, in percent of that price; positive.
        breakeven_percent: profit from which on breakeven is offered, awake or not.
        momentum_percent: momentum from which the distance is multiplied.
        momentum_factor: by how much; positive.
        fee_percent: cost of one round trip in fees, in percent of the entry.
        slippage_percent: expected slippage, in percent of the entry.
    """

    activation_percent: float
    activate_after_minutes: float
    min_profit_percent: float
    distance_percent: float
    breakeven_percent: float
    momentum_percent: float
    momentum_factor: float
    fee_percent: float
    slippage_percent: float


class SmartTrailMemory(NamedTuple):
    """What the engine keeps.

    Attributes:
        active: whether it was woken.
        best: the best price since then, in price; 0 before.
        protected: whether the profit that brings breakeven was ever reached.
    """

    active: bool = False
    best: float = 0.0
    protected: bool = False


def remember(view: View, kept: SmartTrailMemory, options: SmartTrailOptions) -> SmartTrailMemory:
    """Return what is kept after a look at the price."""
    protected = kept.protected or has_gained(view, options.breakeven_percent)
    if kept.active:
        best = better(view.side, kept.best, view.price)
    elif is_woken(view, options):
        best = view.price
    else:
        return SmartTrailMemory(False, 0.0, protected)
    return SmartTrailMemory(True, best, protected)


def is_woken(view: View, options: SmartTrailOptions) -> bool:
    """Return whether the price, or time and price together, wake the engine."""
    if has_gained(view, options.activation_percent):
        return True
    late = at_least_as_old(view.age, options.activate_after_minutes, MINUTE)
    return late and has_gained(view, options.min_profit_percent)


def has_gained(view: View, percent: float) -> bool:
    """Return whether the profit is at least so many percent of the entry."""
    if math.isinf(percent):
        return False
    return at_least(multiply(view.profit, HUNDRED), multiply(decimal(percent), view.entry))


def smart_trail(view: View, kept: SmartTrailMemory, options: SmartTrailOptions) -> Levels:
    """Return breakeven once it is earned, and the trail once the engine is awake."""
    breakeven, trail = NO_LEVEL, NO_LEVEL
    if kept.protected:
        breakeven = breakeven_net_of_costs(view, options.fee_percent, options.slippage_percent)
    if kept.active:
        behind = divide(distance(view, options), HUNDRED)
        trail = multiply(to_ticks(kept.best, view.grid), subtract(ONE, signed(view.side, behind)))
    return Levels(breakeven, trail)


def distance(view: View, options: SmartTrailOptions) -> Exact:
    """Return how far behind the trail follows now, in percent of the best price."""
    percent = decimal(options.distance_percent)
    # A momentum of NaN is none: it compares false.
    if view.side * view.momentum >= options.momentum_percent:
        return multiply(percent, decimal(options.momentum_factor))
    return percent


def next_change(view: View, kept: SmartTrailMemory, options: SmartTrailOptions) -> float:
    """Return the gain in ticks up to which the opinion stays what it is, with neither time nor momentum in it."""
    change = next_besides_trail(view, kept, options)
    if not kept.active:
        return change
    # Awake, each new best price counts; its own may still lie behind the position's.
    own = signed(view.side, subtract(to_ticks(kept.best, view.grid), view.entry)).high
    return min(change, own)


def next_besides_trail(view: View, kept: SmartTrailMemory, options: SmartTrailOptions) -> float:
    """Return the gain in ticks up to which it neither wakes nor has anything new to say of breakeven."""
    change = gain_of(view, options.breakeven_percent)
    if kept.protected:
        change = next_clearing(view, breakeven_net_of_costs(view, options.fee_percent, options.slippage_percent))
    return change if kept.active else min(change, gain_of(view, options.activation_percent))


def gain_of(view: View, percent: float) -> float:
    """Return the gain in ticks that so many percent of the entry are; infinite percents are never reached."""
    if math.isinf(percent):
        return math.inf
    return divide(multiply(decimal(percent), view.entry), HUNDRED).high
