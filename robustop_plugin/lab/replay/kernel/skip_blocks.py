"""Candles that a trade passes where engines look at the best price alone: eight at a time where they are calm.

A trail in percent is followed along: of what it offers meanwhile the tightest counts, which is its last.
"""

import math
from typing import NamedTuple

from robustop_plugin.core.side import better
from robustop_plugin.engines.smart_trail import SmartTrailMemory
from robustop_plugin.lab.replay.kernel.skip_bounds import SkipBounds
from robustop_plugin.lab.replay.kernel.step import EngineSet, Memory, Position, Tick
from robustop_plugin.lab.replay.kernel.tables import WIDE, Floats
from robustop_plugin.lab.replay.kernel.trails import (
    NOT_TIGHTER,
    Trails,
    apply_last_trail,
    compare_offer,
    near_of,
    trail_offer,
)


class Quiet(NamedTuple):
    """The first candle that is not passed over, and the best price before it; of a short below zero."""

    candle: int
    lead: float


def passed_quietly(
    goods: Floats,
    bads: Floats,
    wide_goods: Floats,
    wide_bads: Floats,
    place: Position,
    lead: float,
    candle: int,
    last: int,
    calm: SkipBounds,
) -> Quiet:
    """Return the first candle at which something can happen, where engines look at the best price alone.

    Args:
        goods: favourable extremes of candles.
        bads: the others.
        wide_goods: favourable extremes of `WIDE` candles together.
        wide_bads: the others.
        place: the position.
        lead: the best price before them, of a short below zero: what is better is larger.
        candle: the first to look at.
        last: the first that is not looked at.
        calm: up to where nothing comes of them.
    """
    side = place.side
    # The first price that is no news is the best one: there an engine may still change its opinion.
    floor, until = side * calm.stop, side * better(-side, calm.watched, better(side, side * lead, calm.until))
    # Infinite where no trail follows: what it offers is infinitely loose.
    keeps, aside = 1 - side * calm.trails.share, near_of(place)
    while candle < last:
        turn = min(last, candle - candle % WIDE + WIDE)
        passed, lead = quiet_ones(goods[candle:turn], bads[candle:turn], side, lead, floor, until, keeps, aside)
        candle += passed
        if candle < turn:
            break
        first, end = turn // WIDE, last // WIDE
        passed, lead = quiet_ones(wide_goods[first:end], wide_bads[first:end], side, lead, floor, until, keeps, aside)
        candle += passed * WIDE
    return Quiet(candle, lead)


def quiet_ones(
    goods: Floats, bads: Floats, side: int, lead: float, floor: float, until: float, keeps: float, aside: float
) -> Quiet:
    """Return how many candles, or stretches of candles, can be passed over without a look at what is in them.

    Args:
        goods: their favourable extremes.
        bads: the others.
        side: +1 long, -1 short, with which prices that follow are multiplied.
        lead: the best price before them.
        floor: the stop.
        until: the favourable price from which on something may come of them.
        keeps: what a trail leaves of the best price.
        aside: how near to a trail they may come.
    """
    for index in range(len(goods)):
        good, bad = side * goods[index], side * bads[index]
        ahead = good if good > lead else lead  # noqa: FURB136 (compiled, `max` looks for NaN first)
        if not (good < until and bad > floor and bad - ahead * keeps > aside):
            return Quiet(index, lead)
        lead = ahead
    return Quiet(len(goods), lead)


def behind(place: Position, choice: EngineSet, state: Memory, best: float, trails: Trails) -> Memory:
    """Return the state with the best price of candles that were passed over, and the trail behind it."""
    if not math.isinf(trails.share):
        level = -place.side * math.inf if math.isnan(state.level) else state.level
        offer = trail_offer(place, trails, best, best != state.best, math.nan)
        if compare_offer(place, offer, best, level) != NOT_TIGHTER:
            # It asks neither for the time nor for the ATR; and what no price came near, the best one has cleared.
            look = Tick(place.opened_at, best, place.opened_at, math.nan, math.nan, math.nan, True)
            state = apply_last_trail(place, look, state, choice)
    smart = state.smart if math.isinf(trails.share) else SmartTrailMemory(True, best, state.smart.protected)
    return Memory(state.stop, best, state.level, state.atr, state.atr_at_entry, smart, state.guard)
