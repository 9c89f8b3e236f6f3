"""Follows trails through many candles at once, and finds where the tightest stop was offered.

A trail behind the best price offers a new level at nearly every candle, and the stop keeps the tightest. While no price
comes near that level, its last digit does not matter: it is followed in floats, and the engines calculate it exactly
at the one candle that counts. Candles at which floats leave a doubt are not skipped.
"""

import math
from typing import NamedTuple

from robustop_plugin.core.side import better, tighter
from robustop_plugin.engines.atr_guard import atr_guard
from robustop_plugin.engines.smart_trail import SmartTrailMemory, smart_trail
from robustop_plugin.lab.replay.kernel.scalars import EngineSet, Memory, Position, Tick
from robustop_plugin.lab.replay.kernel.step import observed, share_of, tightest, view_of

SAFE = 1e-9
"""Relative: far above the rounding error of a float, far below a tick."""

ROUNDED = 1.5
"""In ticks: more than rounding towards the market adds to a level."""

NOT_TIGHTER, TIGHTER, UNCERTAIN = 0, 1, 2
"""How an offered level compares with the tightest one before it."""


class Trails(NamedTuple):
    """Distance of the trails behind the best price; infinite for a trail that does not follow.

    Attributes:
        share: As a ratio of the best price (`smart_trail`).
        atrs: In ATRs (`atr_guard`).
    """

    share: float
    atrs: float


def follows(trails: Trails) -> bool:
    """Return True if any trail follows."""
    return not (math.isinf(trails.share) and math.isinf(trails.atrs))


def trail_offer(position: Position, trails: Trails, best: float, new: bool, atr: float) -> float:
    """Return the tightest level that trails offer, up to rounding; infinitely loose for none, NaN if in doubt.

    Args:
        position: The position.
        trails: The trails.
        best: The best price.
        new: True if it is a new best price; otherwise the trail in percent has not moved.
        atr: The ATR; NaN if unknown.
    """
    side, entry = position.side, position.entry
    offer = -side * math.inf
    if new and not math.isinf(trails.share):
        offer = best * (1 - side * trails.share)
    if not math.isinf(trails.atrs):
        price = best - side * trails.atrs * atr
        if not abs(price - entry) > SAFE * entry:
            return math.nan
        if tighter(side, price, entry):
            offer = better(side, offer, price)
    return offer


def compare_offer(position: Position, offer: float, best: float, level: float) -> int:
    """Return if an offered level is tighter than another one and cleared by the best price, beyond doubt."""
    side, safe = position.side, SAFE * position.entry
    if math.isinf(offer) or side * (offer - level) < -safe:
        return int(NOT_TIGHTER)
    clear = side * (offer - level) > safe and side * (best - offer) > near_of(position)
    return int(TIGHTER) if clear else int(UNCERTAIN)


def near_of(position: Position) -> float:
    """Return the distance, in price, within which a rounded level may differ from the calculated one."""
    return ROUNDED * position.tick_size + SAFE * position.entry


def out_of_reach(position: Position, price: float, offer: float) -> bool:
    """Return True if a price does not come near the level that an offer is rounded to."""
    return position.side * (price - offer) > near_of(position)


def apply_last_trail(position: Position, tick: Tick, memory: Memory, engines: EngineSet) -> Memory:
    """Return the memory after the tick at which the tightest trail was offered, with the stop at that level.

    Args:
        position: The position.
        tick: The tick; its price is the best one so far.
        memory: The memory from before the skipped candles.
        engines: The engines.
    """
    memory = observed(position, tick, memory)
    view, smart = view_of(position, tick, memory), memory.smart
    level = memory.level
    if engines.smart and smart.active:
        smart = SmartTrailMemory(True, better(position.side, smart.best, tick.price), smart.protected)
        share = share_of(position.side, engines)
        level = tightest(position, memory.best, level, smart_trail(view, smart, engines.smart_options, share).trail)
    if engines.guard and memory.guard.armed:
        level = tightest(position, memory.best, level, atr_guard(view, memory.guard, engines.guard_options).trail)
    stop = better(position.side, memory.stop, level)
    return Memory(stop, memory.best, level, memory.atr, memory.atr_at_entry, smart, memory.guard)
