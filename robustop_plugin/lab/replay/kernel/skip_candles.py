"""Skips candles that cannot change an open trade (most of them).

Engines that look at the best price alone say up to which price they keep their opinion. Engines that also follow the
ATR are asked again as soon as they could offer a tighter level than the one in memory. Only bounds of their offers are
compared here: a bound that is reached too early costs a moment and changes nothing. Trails are followed as long as no
price comes near them (`trails.py`).
"""

import math
from typing import NamedTuple

from robustop_plugin.core.side import better, tighter
from robustop_plugin.engines.smart_trail import SmartTrailMemory
from robustop_plugin.lab.replay.kernel.funding import next_payment
from robustop_plugin.lab.replay.kernel.scalars import EngineSet, Memory, Position
from robustop_plugin.lab.replay.kernel.skip_blocks import after_skipped, skip_in_blocks
from robustop_plugin.lab.replay.kernel.skip_bounds import SkipBounds, looks_at_atr
from robustop_plugin.lab.replay.kernel.step import plain_tick
from robustop_plugin.lab.replay.kernel.tables import Floats, Market, Table
from robustop_plugin.lab.replay.kernel.trails import (
    TIGHTER,
    UNCERTAIN,
    apply_last_trail,
    compare_offer,
    near_of,
    out_of_reach,
    trail_offer,
)

PAYS = 0.5
"""In seconds: less than the time between two payments, which are made at whole seconds."""


class Skipped(NamedTuple):
    """The end of a stretch of skipped candles.

    Attributes:
        candle: Index of the first candle that is not skipped.
        memory: The memory before it.
    """

    candle: int
    memory: Memory


def skip_candles(
    market: Market,
    engines: EngineSet,
    position: Position,
    memory: Memory,
    candle: int,
    last: int,
    bounds: SkipBounds,
    at_closes: bool,
) -> Skipped:
    """Return the first candle from `candle` on that may change something; `last` if there is none before.

    Args:
        market: The market.
        engines: The engines.
        position: The position.
        memory: The memory before the candle.
        candle: Index of the first candle.
        last: Index of the first candle at which time, a payment or a signal may matter.
        bounds: Bounds within which candles change nothing.
        at_closes: True if stops move only when a main candle closes.
    """
    if looks_at_atr(bounds) or at_closes:
        favorable_prices, adverse_prices = (market.high, market.low) if position.side > 0 else (market.low, market.high)
        seen_prices = favorable_prices
        if at_closes:
            seen_prices = market.closed_high if position.side > 0 else market.closed_low
        return skip_one_by_one(
            market,
            engines,
            position,
            memory,
            candle,
            last,
            bounds,
            favorable_prices,
            adverse_prices,
            seen_prices,
            at_closes,
        )
    lead = position.side * memory.best
    if position.side > 0:
        skipped = skip_in_blocks(
            market.high, market.low, market.highs, market.lows, position, lead, candle, last, bounds
        )
    else:
        skipped = skip_in_blocks(
            market.low, market.high, market.lows, market.highs, position, lead, candle, last, bounds
        )
    return Skipped(
        skipped.candle, after_skipped(position, engines, memory, position.side * skipped.lead, bounds.trails)
    )


def skip_one_by_one(
    market: Market,
    engines: EngineSet,
    position: Position,
    memory: Memory,
    candle: int,
    last: int,
    bounds: SkipBounds,
    favorable_prices: Floats,
    adverse_prices: Floats,
    seen_prices: Floats,
    at_closes: bool,
) -> Skipped:
    """Return the first candle that may change something, if an engine uses the ATR or stops wait for closes.

    `seen_prices` are the extremes that the engines see at each candle. At a close they come before the candle's own
    prices: a level that they offer is taken at its open.
    """
    side, best, begin = position.side, memory.best, candle
    level = -side * math.inf if math.isnan(memory.level) else memory.level
    nearest_offer, tighter_at, best_then, atr_before = -side * math.inf, -1, best, memory.atr
    while candle < last:
        adverse, seen = adverse_prices[candle], seen_prices[candle]
        atr = market.columns[candle].atr
        if not no_change(position, memory, bounds, favorable_prices[candle], adverse, seen, best, atr):
            break
        ahead = better(side, best, seen)
        if ahead != best or atr != atr_before:
            offer = trail_offer(position, bounds.trails, ahead, ahead != best, atr)
            comparison = compare_offer(position, offer, ahead, level)
            if comparison == UNCERTAIN:
                break
            # Under water a stop is not moved at an open.
            waits = at_closes and comparison == TIGHTER and tighter(side, position.entry, market.candles[candle].open)
            if comparison == TIGHTER and not waits and out_of_reach(position, adverse, offer):
                level, nearest_offer, tighter_at, best_then = offer, offer, candle, ahead
            elif comparison == TIGHTER:
                break
        if not out_of_reach(position, adverse, nearest_offer):
            break
        best, atr_before = ahead, atr
        candle += 1
    if tighter_at >= 0:
        now, atr = market.candles[tighter_at].time, market.columns[tighter_at].atr
        memory = apply_last_trail(position, plain_tick(now, best_then, atr), memory, engines)
    atr = market.columns[candle - 1].atr if candle > begin and engines.follows_atr else memory.atr
    smart = memory.smart if math.isinf(bounds.trails.share) else SmartTrailMemory(True, best, memory.smart.protected)
    return Skipped(candle, Memory(memory.stop, best, memory.level, atr, memory.atr_at_entry, smart, memory.guard))


def no_change(
    position: Position,
    memory: Memory,
    bounds: SkipBounds,
    favorable: float,
    adverse: float,
    seen: float,
    best: float,
    atr: float,
) -> bool:
    """Return True if a candle changes nothing, apart from moving trails.

    Args:
        position: The position.
        memory: The memory before the skipped candles.
        bounds: Bounds within which candles change nothing.
        favorable: The candle's favorable extreme.
        adverse: Its adverse extreme.
        seen: The extreme that the engines see at it.
        best: Best price before it.
        atr: The ATR at it; NaN if unknown.
    """
    side = position.side
    if not (tighter(side, adverse, bounds.stop) and tighter(side, bounds.watched, favorable)):
        return False
    if tighter(side, seen, best) and not tighter(side, bounds.until, seen):
        return False
    return not looks_at_atr(bounds) or no_tighter_offer(position, memory, bounds, seen, better(side, best, seen), atr)


def no_tighter_offer(
    position: Position, memory: Memory, bounds: SkipBounds, price: float, best: float, atr: float
) -> bool:
    """Return True if no engine that follows the ATR offers a level tighter than in memory, apart from trails.

    Args:
        position: The position.
        memory: The memory before this tick.
        bounds: Bounds after the tick before.
        price: Price of this tick, or the favorable extreme of a candle.
        best: Best price, this one included.
        atr: The ATR; NaN if unknown.
    """
    if math.isnan(atr):
        return False
    side, aside = position.side, near_of(position)
    gain, ahead = side * (best - position.entry) + aside, side * (best - memory.level) + aside
    profit = side * (price - position.entry) + aside
    if not profit < bounds.arms * atr or not (math.isinf(bounds.waits) or ahead < bounds.waits * atr):
        return False
    if math.isinf(bounds.span):
        return True
    scale = 1.0 if bounds.smallest >= 1 else min(1.0, max(bounds.smallest, atr / memory.atr_at_entry))
    return gain < bounds.span * scale or ahead < bounds.lag * bounds.span * scale


def first_from(market: Market, candle: int, end: int, moment: float) -> int:
    """Return the first candle from `candle` on that opens at a time or later; `end` if there is none."""
    low, high = candle, end
    while low < high:
        middle = (low + high) // 2
        if market.candles[middle].time < moment:
            low = middle + 1
        else:
            high = middle
    return low


def late_from(market: Market, engines: EngineSet, first: int, end: int) -> int:
    """Return the first candle at which the time stop may apply, for a trade that is filled at `first`."""
    if math.isinf(engines.time_stop_hours):
        return end
    return first_from(market, first, end, market.candles[first].time + engines.time_stop_hours * 3600 - 1)


def last_skippable(market: Market, run: Table, pair: int, candle: int, end: int, late: int) -> int:
    """Return the first candle from `candle` on at which time or a payment may matter."""
    if not (run.exact and run.futures):
        return min(late, end)
    now = market.candles[candle].time
    # A payment due at this very time counts.
    return min(late, end, first_from(market, candle, end, next_payment(market, pair, now - PAYS)))
