"""Finds how far candles can be skipped: up to the first price at which an engine could offer a tighter stop."""

import math
from typing import NamedTuple

from robustop_plugin.core.exact import Exact
from robustop_plugin.core.grid import round_towards_market
from robustop_plugin.core.host_margins import NO_CHANGE_MARGIN
from robustop_plugin.core.side import tighter
from robustop_plugin.engines.atr_guard import atr_guard
from robustop_plugin.engines.hand_span import LAG, hand_span
from robustop_plugin.lab.replay.kernel.scalars import EngineSet, Memory, Position, Tick
from robustop_plugin.lab.replay.kernel.step import is_waiting, next_gain, view_of
from robustop_plugin.lab.replay.kernel.trails import Trails


class SkipBounds(NamedTuple):
    """Bounds within which a candle changes nothing.

    Attributes:
        can_skip: False if every candle must be decided on.
        last: Index of the first candle at which time or a payment may matter.
        stop: Stop that Freqtrade knows, in price.
        until: Price up to which no engine that looks at the best price alone changes its opinion.
        watched: Price from which on profit may be taken.
        trails: Trails that move the stop meanwhile.
        waits: ATRs behind the best price at which `atr_guard` will trail once it may; else infinite.
        arms: ATRs of profit that arm `atr_guard`; infinite if it is armed or not used.
        span: Smallest span of a `hand_span` that follows the ATR, in price; infinite if there is none.
        lag: Smallest distance between the best price and its trail, in spans.
        smallest: Ratio of the span that a falling ATR may leave; 1 if it does not shrink.
    """

    can_skip: bool
    last: int
    stop: float
    until: float
    watched: float
    trails: Trails
    waits: float
    arms: float
    span: float
    lag: float
    smallest: float


def skip_bounds(
    position: Position, tick: Tick, memory: Memory, engines: EngineSet, stop: float, watched: float, last: int
) -> SkipBounds:
    """Return the bounds within which candles change nothing, after a decided tick."""
    view = view_of(position, tick, memory)
    # The exact breakeven price is not calculated for skipped candles.
    percents = math.isnan(tick.breakeven)
    share = math.inf
    if percents and engines.smart and memory.smart.active and memory.smart.best == memory.best:
        share = engines.smart_options.distance_percent / 100
    gain = -math.inf if is_waiting(position.side, memory) else next_gain(view, memory, engines, not math.isinf(share))
    # At the entry price itself the engines may not have been asked yet, and between two closes they are not.
    can_skip = gain > 0 and not math.isnan(tick.extreme)
    can_skip = can_skip and not (engines.smart and not engines.steady_smart)
    can_skip = can_skip and not (engines.ladder and not engines.steady_ladder)
    atrs, waits, arms, span, lag, smallest = math.inf, math.inf, math.inf, math.inf, 0.0, 1.0
    if can_skip and engines.guard and not memory.guard.armed:
        arms = engines.guard_options.breakeven_atr
    elif can_skip and engines.guard:
        can_skip = is_covered(position, memory, atr_guard(view, memory.guard, engines.guard_options).breakeven)
        if percents and view.candle > memory.guard.since:
            atrs = engines.guard_options.trail_atr
        else:
            waits = engines.guard_options.trail_atr
    if can_skip and engines.hand and not engines.steady_hand:
        options = engines.hand_options
        span = position.side * (position.entry - position.initial_stop)
        smallest = options.min_scale
        lag = LAG if math.isinf(options.tighten_after_hours) else options.tighten_lag
        offered = hand_span(view, options).breakeven
        # Once a span is reached, breakeven may be the new level, however near it is to the best price.
        lag = 0.0 if math.isnan(offered.high) else lag
        can_skip = is_covered(position, memory, offered)
        can_skip = can_skip and not (smallest < 1 and math.isnan(memory.atr_at_entry))
    until = position.entry + position.side * (gain - NO_CHANGE_MARGIN) * position.tick_size
    return SkipBounds(
        can_skip=can_skip,
        last=last,
        stop=stop,
        until=until,
        watched=watched,
        trails=Trails(share, atrs),
        waits=waits,
        arms=arms,
        span=span,
        lag=lag,
        smallest=smallest,
    )


def never_skip(bounds: SkipBounds) -> SkipBounds:
    """Return bounds with which every candle is decided."""
    return SkipBounds(
        can_skip=False,
        last=bounds.last,
        stop=bounds.stop,
        until=bounds.until,
        watched=bounds.watched,
        trails=bounds.trails,
        waits=bounds.waits,
        arms=bounds.arms,
        span=bounds.span,
        lag=bounds.lag,
        smallest=bounds.smallest,
    )


def is_covered(position: Position, memory: Memory, offered: Exact) -> bool:
    """Return True if a level that does not move is not offered, or has been taken already."""
    if math.isnan(offered.high):
        return True
    price = round_towards_market(position.side, offered, position.grid)
    return not math.isnan(memory.level) and not tighter(position.side, price, memory.level)


def looks_at_atr(bounds: SkipBounds) -> bool:
    """Return True if the bounds depend on the ATR."""
    return not (
        math.isinf(bounds.trails.atrs)
        and math.isinf(bounds.waits)
        and math.isinf(bounds.arms)
        and math.isinf(bounds.span)
    )
