"""Skips candles while the engines look at the best price alone, eight at a time where possible.

A trail in percent is followed meanwhile: the last level that it offers is the tightest.
"""

import math
from typing import NamedTuple

from robustop_plugin.core.side import better
from robustop_plugin.engines.smart_trail import SmartTrailMemory
from robustop_plugin.lab.replay.kernel.scalars import EngineSet, Memory, Position
from robustop_plugin.lab.replay.kernel.skip_bounds import SkipBounds
from robustop_plugin.lab.replay.kernel.step import plain_tick
from robustop_plugin.lab.replay.kernel.tables import WIDE, Floats
from robustop_plugin.lab.replay.kernel.trails import (
    NOT_TIGHTER,
    Trails,
    apply_last_trail,
    compare_offer,
    near_of,
    trail_offer,
)


class SkippedBlocks(NamedTuple):
    """The end of a stretch of skipped candles.

    Attributes:
        candle: Index of the first candle that is not skipped.
        lead: Best price before it, times the side: a higher number is better.
    """

    candle: int
    lead: float


def skip_in_blocks(
    favorable_prices: Floats,
    adverse_prices: Floats,
    wide_favorable: Floats,
    wide_adverse: Floats,
    position: Position,
    lead: float,
    candle: int,
    last: int,
    bounds: SkipBounds,
) -> SkippedBlocks:
    """Return the first candle that may change something, if the engines look at the best price alone.

    Args:
        favorable_prices: Favorable extreme of each candle.
        adverse_prices: Adverse extreme of each candle.
        wide_favorable: Favorable extreme of each `WIDE` candles together.
        wide_adverse: Adverse extreme of each `WIDE` candles together.
        position: The position.
        lead: Best price before them, times the side.
        candle: Index of the first candle.
        last: Index after the last candle.
        bounds: Bounds within which candles change nothing.
    """
    side = position.side
    # At the present best price itself an engine may still change its opinion.
    floor, until = side * bounds.stop, side * better(-side, bounds.watched, better(side, side * lead, bounds.until))
    # Minus infinity without a trail: its level is infinitely loose.
    keeps, aside = 1 - side * bounds.trails.share, near_of(position)
    while candle < last:
        turn = min(last, candle - candle % WIDE + WIDE)
        passed, lead = count_skippable(
            favorable_prices[candle:turn], adverse_prices[candle:turn], side, lead, floor, until, keeps, aside
        )
        candle += passed
        if candle < turn:
            break
        first, end = turn // WIDE, last // WIDE
        passed, lead = count_skippable(
            wide_favorable[first:end], wide_adverse[first:end], side, lead, floor, until, keeps, aside
        )
        candle += passed * WIDE
    return SkippedBlocks(candle, lead)


def count_skippable(
    favorable_prices: Floats,
    adverse_prices: Floats,
    side: int,
    lead: float,
    floor: float,
    until: float,
    keeps: float,
    aside: float,
) -> SkippedBlocks:
    """Return how many candles, or blocks of candles, can be skipped.

    Args:
        favorable_prices: Their favorable extremes.
        adverse_prices: Their adverse extremes.
        side: +1 long, -1 short. Prices named below are multiplied with it.
        lead: Best price before them.
        floor: The stop.
        until: Favorable price from which on a candle may change something.
        keeps: Ratio of the best price that remains behind a trail in percent.
        aside: How near a price may come to the trail, in price.
    """
    for index in range(len(favorable_prices)):
        favorable, adverse = side * favorable_prices[index], side * adverse_prices[index]
        ahead = favorable if favorable > lead else lead  # noqa: FURB136 (compiled, `max` looks for NaN first)
        if not (favorable < until and adverse > floor and adverse - ahead * keeps > aside):
            return SkippedBlocks(index, lead)
        lead = ahead
    return SkippedBlocks(len(favorable_prices), lead)


def after_skipped(position: Position, engines: EngineSet, memory: Memory, best: float, trails: Trails) -> Memory:
    """Return the memory with the best price of skipped candles, and with the stop of the trail behind it."""
    if not math.isinf(trails.share):
        level = -position.side * math.inf if math.isnan(memory.level) else memory.level
        offer = trail_offer(position, trails, best, best != memory.best, math.nan)
        if compare_offer(position, offer, best, level) != NOT_TIGHTER:
            # This trail needs neither time nor ATR, and the best price has cleared a level that no price came near.
            tick = plain_tick(position.opened_at, best, math.nan)
            memory = apply_last_trail(position, tick, memory, engines)
    smart = memory.smart if math.isinf(trails.share) else SmartTrailMemory(True, best, memory.smart.protected)
    return Memory(memory.stop, best, memory.level, memory.atr, memory.atr_at_entry, smart, memory.guard)
