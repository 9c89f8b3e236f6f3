"""Up to where nothing comes of a candle: what engines say themselves, and bounds of what they could offer."""

import math
from typing import NamedTuple

from robustop_plugin.core.exact import Exact
from robustop_plugin.core.grid import round_towards_market
from robustop_plugin.core.side import tighter
from robustop_plugin.engines.atr_guard import atr_guard
from robustop_plugin.engines.hand_span import LAG, hand_span
from robustop_plugin.lab.replay.kernel.step import EngineSet, Memory, Position, Tick, is_waiting, next_gain, view_of
from robustop_plugin.lab.replay.kernel.trails import Trails

MARGIN = 0.5
"""In ticks: a price so near to a change of opinion is decided on, not passed over."""


class SkipBounds(NamedTuple):
    """Up to where nothing comes of a candle.

    Attributes:
        settled: anything can be passed over at all.
        last: the first candle at which time or a payment may make a difference.
        stop: that the host knows of.
        until: price up to which no engine changes its opinion that looks at the best price alone.
        watched: price from which on profit may be taken.
        trails: that follow meanwhile.
        waits: ATRs behind the best price at which `atr_guard` will trail, for now asked each time; infinite for none.
        arms: ATRs of profit that arm `atr_guard`; infinite once it is, or where it is not asked.
        span: smallest span of an unsteady `hand_span`, in price; infinite where there is none.
        lag: spans between its best price and its trail, at the least.
        smallest: part of the span that a falling ATR may leave; 1 where none shrinks it.
    """

    settled: bool
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
    place: Position, look: Tick, state: Memory, choice: EngineSet, stop: float, watched: float, last: int
) -> SkipBounds:
    """Return up to where nothing comes of a candle, after a look at one."""
    view = view_of(place, look, state)
    # What really covers the costs is not known of candles that are passed over.
    percents = math.isnan(look.breakeven)
    share = math.inf
    if percents and choice.smart and state.smart.active and state.smart.best == state.best:
        share = choice.smart_options.distance_percent / 100
    gain = -math.inf if is_waiting(place.side, state) else next_gain(view, state, choice, not math.isinf(share))
    # At the very price of the entry nobody may have been asked yet.
    settled = gain > 0 and not (choice.smart and not choice.steady_smart)
    settled = settled and not (choice.ladder and not choice.steady_ladder)
    atrs, waits, arms, span, lag, smallest = math.inf, math.inf, math.inf, math.inf, 0.0, 1.0
    if settled and choice.guard and not state.guard.armed:
        arms = choice.guard_options.breakeven_atr
    elif settled and choice.guard:
        settled = is_covered(place, state, atr_guard(view, state.guard, choice.guard_options).breakeven)
        if percents and view.candle > state.guard.since:
            atrs = choice.guard_options.trail_atr
        else:
            waits = choice.guard_options.trail_atr
    if settled and choice.hand and not choice.steady_hand:
        options = choice.hand_options
        span = place.side * (place.entry - place.initial_stop)
        smallest = options.min_scale
        lag = LAG if math.isinf(options.tighten_after_hours) else options.tighten_lag
        offered = hand_span(view, options).breakeven
        # Once a span is reached it may be breakeven that is new, however near the best price the level is.
        lag = 0.0 if math.isnan(offered.high) else lag
        settled = is_covered(place, state, offered)
        settled = settled and not (smallest < 1 and math.isnan(state.atr_at_entry))
    until = place.entry + place.side * (gain - MARGIN) * place.tick_size
    return SkipBounds(settled, last, stop, until, watched, Trails(share, atrs), waits, arms, span, lag, smallest)


def never_skip(calm: SkipBounds) -> SkipBounds:
    """Return that every candle is decided on."""
    return SkipBounds(
        False,
        calm.last,
        calm.stop,
        calm.until,
        calm.watched,
        calm.trails,
        calm.waits,
        calm.arms,
        calm.span,
        calm.lag,
        calm.smallest,
    )


def is_covered(place: Position, state: Memory, offered: Exact) -> bool:
    """Return whether a level that stays where it is has been taken already, or is not offered."""
    if math.isnan(offered.high):
        return True
    price = round_towards_market(place.side, offered, place.grid)
    return not math.isnan(state.level) and not tighter(place.side, price, state.level)


def looks_at_atr(calm: SkipBounds) -> bool:
    """Return whether what is passed over depends on the ATR."""
    return not (
        math.isinf(calm.trails.atrs) and math.isinf(calm.waits) and math.isinf(calm.arms) and math.isinf(calm.span)
    )
