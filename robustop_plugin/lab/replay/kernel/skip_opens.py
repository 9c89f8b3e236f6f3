"""Skips the open of a candle whose extremes may change something."""

import math

from robustop_plugin.core.side import better, beyond, tighter
from robustop_plugin.lab.replay.kernel.scalars import EngineSet, Memory, Position
from robustop_plugin.lab.replay.kernel.skip_bounds import SkipBounds, looks_at_atr
from robustop_plugin.lab.replay.kernel.skip_candles import no_tighter_offer
from robustop_plugin.lab.replay.kernel.tables import Market
from robustop_plugin.lab.replay.kernel.trails import NOT_TIGHTER, compare_offer, follows, trail_offer


def skips_open(market: Market, position: Position, memory: Memory, candle: int, bounds: SkipBounds) -> bool:
    """Return True if the open of a candle changes nothing, whatever its extremes change."""
    side, price = position.side, market.candles[candle].open
    if candle >= bounds.last or not tighter(side, bounds.watched, price):
        return False
    best, atr = better(side, memory.best, price), market.columns[candle].atr
    if best != memory.best and not tighter(side, bounds.until, price):
        return False
    if follows(bounds.trails):
        level = -side * math.inf if math.isnan(memory.level) else memory.level
        new = best != memory.best
        if new and not math.isinf(bounds.trails.share):
            return False
        known = not new and atr == memory.atr
        if (
            not known
            and compare_offer(position, trail_offer(position, bounds.trails, best, new, atr), best, level)
            != NOT_TIGHTER
        ):
            return False
    return not looks_at_atr(bounds) or no_tighter_offer(position, memory, bounds, price, best, atr)


def with_open(market: Market, engines: EngineSet, position: Position, memory: Memory, candle: int) -> Memory:
    """Return the memory with the best price and the ATR of a skipped open (rule 5)."""
    row, price = market.columns[candle], market.candles[candle].open
    if beyond(position.side, price, memory.stop):
        return memory
    atr = row.atr if engines.follows_atr and not math.isnan(row.atr) else memory.atr
    first = atr if math.isnan(memory.atr_at_entry) else memory.atr_at_entry
    best = better(position.side, memory.best, price)
    return Memory(memory.stop, best, memory.level, atr, first, memory.smart, memory.guard)
