"""The percent trail: inactive until a profit is reached, then a fixed percentage behind its own best price.

It activates when the profit reaches `activation_percent`, or after `activate_after_minutes` once the profit is at
least `min_profit_percent`, and stays active. Its best price `Ba` starts at the activating price; the trail is
`Ba * (1 - s * distance_percent / 100)`. While the momentum is strong the distance is multiplied.
"""

import math
from functools import lru_cache
from typing import NamedTuple

from robustop_plugin.core.durations import MINUTE, at_least_as_old
from robustop_plugin.core.engine import NO_LEVEL, Levels, View
from robustop_plugin.core.exact import HUNDRED, ONE, Exact, at_least, decimal, divide, multiple_of, multiply, subtract
from robustop_plugin.core.grid import to_ticks
from robustop_plugin.core.side import better, signed
from robustop_plugin.engines.breakeven import breakeven_net_of_costs, next_clearing


class SmartTrailOptions(NamedTuple):
    """Settings of the engine, as numbers; infinite switches a threshold off.

    Attributes:
        activation_percent: profit that activates it, in percent of the entry.
        activate_after_minutes: age from which a smaller profit activates it, in minutes.
        min_profit_percent: that smaller profit, in percent of the entry.
        distance_percent: distance of the trail from its best price, in percent of that price; positive.
        breakeven_percent: profit from which breakeven is offered, active or not, in percent of the entry.
        momentum_percent: momentum from which the distance is multiplied, in percent.
        momentum_factor: factor of the distance; positive.
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
    """What the engine remembers.

    Attributes:
        active: True once it was activated.
        best: the best price since then, in price; 0 before.
        protected: True once the profit that brings breakeven was reached.
    """

    active: bool = False
    best: float = 0.0
    protected: bool = False


def remember(view: View, kept: SmartTrailMemory, options: SmartTrailOptions) -> SmartTrailMemory:
    """Return the memory after a view."""
    protected = kept.protected or has_gained(view, options.breakeven_percent)
    if kept.active:
        best = better(view.side, kept.best, view.price)
    elif is_woken(view, options):
        best = view.price
    else:
        return SmartTrailMemory(False, 0.0, protected)
    return SmartTrailMemory(True, best, protected)


def catch_up(side: int, kept: SmartTrailMemory, best: float) -> SmartTrailMemory:
    """Return the memory after a new best price that was seen since it was written; in price."""
    return SmartTrailMemory(True, better(side, kept.best, best), kept.protected) if kept.active else kept


def is_woken(view: View, options: SmartTrailOptions) -> bool:
    """Return True if the price, or time and price together, activate the engine."""
    if has_gained(view, options.activation_percent):
        return True
    late = at_least_as_old(view.age, options.activate_after_minutes, MINUTE)
    return late and has_gained(view, options.min_profit_percent)


def has_gained(view: View, percent: float) -> bool:
    """Return True if the profit is at least `percent` of the entry."""
    if math.isinf(percent):
        return False
    return at_least(multiply(view.profit, HUNDRED), multiple_of(view.entry, percent))


def smart_trail(
    view: View, kept: SmartTrailMemory, options: SmartTrailOptions, usual_share: Exact = NO_LEVEL
) -> Levels:
    """Return breakeven once its profit was reached, and the trail once active.

    Args:
        view: what the engine sees.
        kept: what it remembers.
        options: its settings.
        usual_share: `usual_share_kept` of these options, if the caller remembers it; NaN if not.
    """
    breakeven, trail = NO_LEVEL, NO_LEVEL
    if kept.protected:
        breakeven = breakeven_net_of_costs(view, options.fee_percent, options.slippage_percent)
    if kept.active:
        share = usual_share
        if math.isnan(share.high) or has_momentum(view, options):
            share = share_kept(view.side, distance(view, options))
        trail = multiply(to_ticks(kept.best, view.grid), share)
    return Levels(breakeven, trail)


@lru_cache(maxsize=256, typed=True)
def share_kept(side: int, percent: Exact) -> Exact:
    """Return the trail as a multiple of the best price, `percent` of it behind."""
    return subtract(ONE, signed(side, divide(percent, HUNDRED)))


def usual_share_kept(side: int, options: SmartTrailOptions) -> Exact:
    """Return the trail as a multiple of the best price while the momentum is not strong."""
    return share_kept(side, decimal(options.distance_percent))


def distance(view: View, options: SmartTrailOptions) -> Exact:
    """Return the distance of the trail now, in percent of the best price."""
    percent = decimal(options.distance_percent)
    return multiply(percent, decimal(options.momentum_factor)) if has_momentum(view, options) else percent


def has_momentum(view: View, options: SmartTrailOptions) -> bool:
    """Return True if the momentum is strong."""
    # NaN means no momentum: it compares false.
    return view.side * view.momentum >= options.momentum_percent


def next_change(view: View, kept: SmartTrailMemory, options: SmartTrailOptions) -> float:
    """Return the gain in ticks up to which the levels stay the same, if neither time nor momentum change them."""
    change = next_besides_trail(view, kept, options)
    if not kept.active:
        return change
    # Once active, every new best price counts; its own may still be behind the position's.
    own = signed(view.side, subtract(to_ticks(kept.best, view.grid), view.entry)).high
    return min(change, own)


def next_besides_trail(view: View, kept: SmartTrailMemory, options: SmartTrailOptions) -> float:
    """Return the gain in ticks up to which it does not activate and breakeven stays the same."""
    change = gain_of(view, options.breakeven_percent)
    if kept.protected:
        change = next_clearing(view, breakeven_net_of_costs(view, options.fee_percent, options.slippage_percent))
    return change if kept.active else min(change, gain_of(view, options.activation_percent))


def gain_of(view: View, percent: float) -> float:
    """Return `percent` of the entry as a gain in ticks; infinite percents are never reached."""
    if math.isinf(percent):
        return math.inf
    return divide(multiple_of(view.entry, percent), HUNDRED).high
