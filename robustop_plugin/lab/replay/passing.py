"""Candles that a trade passes without a decision: most of them.

Engines that look at the best price alone say themselves up to where they keep their opinion. Those that also follow
the ATR are asked again as soon as they could offer something tighter than what is remembered. What is compared here
are bounds of their offers, not the offers: a bound that is reached too early costs a moment, and changes nothing.
"""

import math
from typing import NamedTuple

from robustop_plugin.core.exact import Exact
from robustop_plugin.core.grid import round_towards_market
from robustop_plugin.core.side import better, beyond, tighter
from robustop_plugin.engines.atr_guard import atr_guard
from robustop_plugin.engines.hand_span import LAG, hand_span
from robustop_plugin.lab.replay.candles import Market
from robustop_plugin.lab.replay.step import Choice, Look, Place, State, is_waiting, next_gain, view_of

MARGIN = 0.5
"""In ticks: a price so near to a change of opinion is decided on, not passed over."""

SAFE = 1e-9
"""Relative: far above what rounding does to a float, far below a tick."""

ROUNDED = 1.5
"""In ticks: more than rounding towards the market adds to a level."""


class Calm(NamedTuple):
    """Up to where nothing comes of a candle.

    Attributes:
        settled: anything can be passed over at all.
        last: the first candle at which time or a payment may make a difference.
        stop: that the host knows of.
        until: price up to which no engine changes its opinion that looks at the best price alone.
        watched: price from which on profit may be taken.
        arms: ATRs of profit that arm `atr_guard`; infinite once it is, or where it is not asked.
        trails: ATRs behind the best price at which it trails; infinite before, or where it is not asked.
        span: smallest span of an unsteady `hand_span`, in price; infinite where there is none.
        lag: spans between its best price and its trail, at the least.
        smallest: part of the span that a falling ATR may leave; 1 where none shrinks it.
    """

    settled: bool
    last: int
    stop: float
    until: float
    watched: float
    arms: float
    trails: float
    span: float
    lag: float
    smallest: float


class Passed(NamedTuple):
    """The first candle that is not passed over, and the state before it."""

    candle: int
    state: State


def calm_of(place: Place, look: Look, state: State, choice: Choice, stop: float, watched: float, last: int) -> Calm:
    """Return up to where nothing comes of a candle, after a look at one."""
    gain = -math.inf if is_waiting(place.side, state) else next_gain(place, look, state, choice)
    follows = choice.guard or (choice.hand and not choice.steady_hand)
    settled = gain >= 0 and not (choice.smart and not choice.steady_smart)
    settled = settled and not (choice.ladder and not choice.steady_ladder)
    arms, trails, span, lag, smallest = math.inf, math.inf, math.inf, 0.0, 1.0
    if settled and follows:
        view = view_of(place, look, state)
        if choice.guard and state.guard.armed:
            trails = choice.guard_options.trail_atr
            settled = is_covered(place, state, atr_guard(view, state.guard, choice.guard_options).breakeven)
        elif choice.guard:
            arms = choice.guard_options.breakeven_atr
        if choice.hand and not choice.steady_hand:
            options = choice.hand_options
            span = place.side * (place.entry - place.initial_stop)
            smallest = options.min_scale
            lag = LAG if math.isinf(options.tighten_after_hours) else options.tighten_lag
            offered = hand_span(view, options).breakeven
            # Once a span is reached it may be breakeven that is new, however near the best price the level is.
            lag = 0.0 if math.isnan(offered.high) else lag
            settled = settled and is_covered(place, state, offered)
            settled = settled and not (smallest < 1 and math.isnan(state.atr_at_entry))
    until = place.entry + place.side * (gain - MARGIN) * place.tick_size
    return Calm(settled, last, stop, until, watched, arms, trails, span, lag, smallest)


def never_calm(calm: Calm) -> Calm:
    """Return that every candle is decided on."""
    return Calm(
        False,
        calm.last,
        calm.stop,
        calm.until,
        calm.watched,
        calm.arms,
        calm.trails,
        calm.span,
        calm.lag,
        calm.smallest,
    )


def is_covered(place: Place, state: State, offered: Exact) -> bool:
    """Return whether a level that stays where it is has been taken already, or is not offered."""
    if math.isnan(offered.high):
        return True
    price = round_towards_market(place.side, offered, place.grid)
    return not math.isnan(state.level) and not tighter(place.side, price, state.level)


def passed_over(market: Market, place: Place, state: State, candle: int, last: int, calm: Calm) -> Passed:
    """Return the first candle from `candle` on at which something can happen; `last` if there is none before.

    Args:
        market: the candles.
        place: the position.
        state: before the candle.
        candle: the first to look at.
        last: the first at which time, a payment or a signal may make a difference.
        calm: up to where nothing comes of a candle.
    """
    side, best, begin = place.side, state.best, candle
    goods, bads = (market.high, market.low) if side > 0 else (market.low, market.high)
    follows = not (math.isinf(calm.arms) and math.isinf(calm.trails) and math.isinf(calm.span))
    while candle < last:
        good = goods[candle]
        if not (tighter(side, bads[candle], calm.stop) and tighter(side, calm.watched, good)):
            break
        new = tighter(side, good, best)
        if new and not tighter(side, calm.until, good):
            break
        if follows and not is_quiet(place, state, calm, better(side, best, good), market.columns[candle].atr):
            break
        if new:
            best = good
        candle += 1
    atr = market.columns[candle - 1].atr if follows and candle > begin else state.atr
    return Passed(candle, State(state.stop, best, state.level, atr, state.atr_at_entry, state.smart, state.guard))


def passes_open(market: Market, place: Place, state: State, candle: int, calm: Calm) -> bool:
    """Return whether nothing comes of the open of a candle, whatever comes of its extremes."""
    side, price = place.side, market.candles[candle].open
    if candle >= calm.last or not tighter(side, calm.watched, price):
        return False
    if tighter(side, price, state.best) and not tighter(side, calm.until, price):
        return False
    if math.isinf(calm.arms) and math.isinf(calm.trails) and math.isinf(calm.span):
        return True
    return is_quiet(place, state, calm, better(side, state.best, price), market.columns[candle].atr)


def with_open(market: Market, choice: Choice, place: Place, state: State, candle: int) -> State:
    """Return the state with what is observed at an open of which nothing else comes (rule 5)."""
    row, price = market.columns[candle], market.candles[candle].open
    if beyond(place.side, price, state.stop):
        return state
    atr = row.atr if choice.follows_atr and not math.isnan(row.atr) else state.atr
    first = atr if math.isnan(state.atr_at_entry) else state.atr_at_entry
    best = better(place.side, state.best, price)
    return State(state.stop, best, state.level, atr, first, state.smart, state.guard)


def is_quiet(place: Place, state: State, calm: Calm, best: float, atr: float) -> bool:
    """Return whether no engine that follows the ATR offers anything tighter than what is remembered."""
    if math.isnan(atr):
        return False
    side, aside = place.side, ROUNDED * place.tick_size + SAFE * place.entry
    gain, ahead = side * (best - place.entry) + aside, side * (best - state.level) + aside
    if not gain < calm.arms * atr or not (math.isinf(calm.trails) or ahead < calm.trails * atr):
        return False
    if math.isinf(calm.span):
        return True
    scale = 1.0 if calm.smallest >= 1 else min(1.0, max(calm.smallest, atr / state.atr_at_entry))
    return gain < calm.span * scale or ahead < calm.lag * calm.span * scale


def first_from(market: Market, candle: int, end: int, moment: float) -> int:
    """Return the first candle from `candle` on that opens at a moment or later; `end` for none."""
    low, high = candle, end
    while low < high:
        middle = (low + high) // 2
        if market.candles[middle].time < moment:
            low = middle + 1
        else:
            high = middle
    return low
