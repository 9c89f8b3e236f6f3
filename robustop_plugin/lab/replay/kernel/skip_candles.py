"""Candles that a trade passes without a decision: most of them.

Engines that look at the best price alone say themselves up to where they keep their opinion. Those that also follow
the ATR are asked again as soon as they could offer something tighter than what is remembered. What is compared here
are bounds of their offers, not the offers: a bound that is reached too early costs a moment, and changes nothing.
Trails are followed without a decision as long as no price comes near them (`trailing.py`).
"""

import math
from typing import NamedTuple

from robustop_plugin.core.side import better, beyond, tighter
from robustop_plugin.engines.smart_trail import SmartTrailMemory
from robustop_plugin.lab.replay.kernel.funding import next_payment
from robustop_plugin.lab.replay.kernel.skip_blocks import behind, passed_quietly
from robustop_plugin.lab.replay.kernel.skip_bounds import SkipBounds, looks_at_atr
from robustop_plugin.lab.replay.kernel.step import EngineSet, Memory, Position, Tick
from robustop_plugin.lab.replay.kernel.tables import Floats, Market, Table
from robustop_plugin.lab.replay.kernel.trails import (
    NOT_TIGHTER,
    TIGHTER,
    UNCERTAIN,
    apply_last_trail,
    compare_offer,
    follows,
    near_of,
    out_of_reach,
    trail_offer,
)

PAYS = 0.5
"""In seconds: payments are made at whole ones."""


class Passed(NamedTuple):
    """The first candle that is not passed over, and the state before it."""

    candle: int
    state: Memory


def skip_candles(
    market: Market, choice: EngineSet, place: Position, state: Memory, candle: int, last: int, calm: SkipBounds
) -> Passed:
    """Return the first candle from `candle` on at which something can happen; `last` if there is none before.

    Args:
        market: the candles.
        choice: the engines.
        place: the position.
        state: before the candle.
        candle: the first to look at.
        last: the first at which time, a payment or a signal may make a difference.
        calm: up to where nothing comes of a candle.
    """
    if looks_at_atr(calm):
        goods, bads = (market.high, market.low) if place.side > 0 else (market.low, market.high)
        return skip_candles_with_atr(market, choice, place, state, candle, last, calm, goods, bads)
    lead = place.side * state.best
    if place.side > 0:
        quiet = passed_quietly(market.high, market.low, market.highs, market.lows, place, lead, candle, last, calm)
    else:
        quiet = passed_quietly(market.low, market.high, market.lows, market.highs, place, lead, candle, last, calm)
    return Passed(quiet.candle, behind(place, choice, state, place.side * quiet.lead, calm.trails))


def skip_candles_with_atr(
    market: Market,
    choice: EngineSet,
    place: Position,
    state: Memory,
    candle: int,
    last: int,
    calm: SkipBounds,
    goods: Floats,
    bads: Floats,
) -> Passed:
    """Return the first candle at which something can happen, where an engine looks at the ATR."""
    side, best, begin = place.side, state.best, candle
    level = -side * math.inf if math.isnan(state.level) else state.level
    near, news, best_then, atr_before = -side * math.inf, -1, best, state.atr
    while candle < last:
        good, bad = goods[candle], bads[candle]
        atr = market.columns[candle].atr
        if not no_change(place, state, calm, good, bad, best, atr):
            break
        ahead = better(side, best, good)
        if ahead != best or atr != atr_before:
            offer = trail_offer(place, calm.trails, ahead, ahead != best, atr)
            said = compare_offer(place, offer, ahead, level)
            if said == UNCERTAIN:
                break
            if said == TIGHTER and out_of_reach(place, bad, offer):
                level, near, news, best_then = offer, offer, candle, ahead
            elif said == TIGHTER:
                break
        if not out_of_reach(place, bad, near):
            break
        best, atr_before = ahead, atr
        candle += 1
    if news >= 0:
        now, atr = market.candles[news].time, market.columns[news].atr
        state = apply_last_trail(place, Tick(now, best_then, now, atr, math.nan, math.nan, True), state, choice)
    atr = market.columns[candle - 1].atr if candle > begin else state.atr
    smart = state.smart if math.isinf(calm.trails.share) else SmartTrailMemory(True, best, state.smart.protected)
    return Passed(candle, Memory(state.stop, best, state.level, atr, state.atr_at_entry, smart, state.guard))


def no_change(
    place: Position, state: Memory, calm: SkipBounds, good: float, bad: float, best: float, atr: float
) -> bool:
    """Return whether nothing comes of a candle, its trails aside.

    Args:
        place: the position.
        state: before the candles that are passed over.
        calm: up to where nothing comes of them.
        good: the candle's favourable extreme.
        bad: the other one.
        best: the best price before it.
        atr: that is known at it.
    """
    side = place.side
    if not (tighter(side, bad, calm.stop) and tighter(side, calm.watched, good)):
        return False
    if tighter(side, good, best) and not tighter(side, calm.until, good):
        return False
    return no_tighter_offer(place, state, calm, good, better(side, best, good), atr)


def skips_open(market: Market, place: Position, state: Memory, candle: int, calm: SkipBounds) -> bool:
    """Return whether nothing comes of the open of a candle, whatever comes of its extremes."""
    side, price = place.side, market.candles[candle].open
    if candle >= calm.last or not tighter(side, calm.watched, price):
        return False
    best, atr = better(side, state.best, price), market.columns[candle].atr
    if best != state.best and not tighter(side, calm.until, price):
        return False
    if follows(calm.trails):
        level = -side * math.inf if math.isnan(state.level) else state.level
        new = best != state.best
        if new and not math.isinf(calm.trails.share):
            return False
        known = not new and atr == state.atr
        if (
            not known
            and compare_offer(place, trail_offer(place, calm.trails, best, new, atr), best, level) != NOT_TIGHTER
        ):
            return False
    return not looks_at_atr(calm) or no_tighter_offer(place, state, calm, price, best, atr)


def with_open(market: Market, choice: EngineSet, place: Position, state: Memory, candle: int) -> Memory:
    """Return the state with what is observed at an open of which nothing else comes (rule 5)."""
    row, price = market.columns[candle], market.candles[candle].open
    if beyond(place.side, price, state.stop):
        return state
    atr = row.atr if choice.follows_atr and not math.isnan(row.atr) else state.atr
    first = atr if math.isnan(state.atr_at_entry) else state.atr_at_entry
    best = better(place.side, state.best, price)
    return Memory(state.stop, best, state.level, atr, first, state.smart, state.guard)


def no_tighter_offer(place: Position, state: Memory, calm: SkipBounds, price: float, best: float, atr: float) -> bool:
    """Return whether no engine that follows the ATR, its trail aside, offers anything tighter than is remembered.

    Args:
        place: the position.
        state: before this look.
        calm: after the look before.
        price: at this look, or the best one of a candle.
        best: with this one.
        atr: that is known.
    """
    if math.isnan(atr):
        return False
    side, aside = place.side, near_of(place)
    gain, ahead = side * (best - place.entry) + aside, side * (best - state.level) + aside
    profit = side * (price - place.entry) + aside
    if not profit < calm.arms * atr or not (math.isinf(calm.waits) or ahead < calm.waits * atr):
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


def late_from(market: Market, choice: EngineSet, first: int, end: int) -> int:
    """Return the first candle at which the time stop may come, for a trade that is filled at `first`."""
    if math.isinf(choice.time_stop_hours):
        return end
    return first_from(market, first, end, market.candles[first].time + choice.time_stop_hours * 3600 - 1)


def last_skippable(market: Market, run: Table, pair: int, candle: int, end: int, late: int) -> int:
    """Return the first candle from one on at which time or a payment may make a difference."""
    if not (run.exact and run.futures):
        return min(late, end)
    now = market.candles[candle].time
    # A payment of this very moment is looked at here.
    return min(late, end, first_from(market, candle, end, next_payment(market, pair, now - PAYS)))
