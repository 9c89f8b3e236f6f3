"""Skips detail candles inside a main candle, if stops move only when main candles close.

Between two closes no engine is asked. So nothing changes unless a price reaches the stop or a price at which profit is
taken, or a level waits until the price is no longer under water.
"""

from robustop_plugin.core.side import tighter
from robustop_plugin.lab.replay.kernel.scalars import EngineSet, Memory, Position
from robustop_plugin.lab.replay.kernel.skip_bounds import SkipBounds
from robustop_plugin.lab.replay.kernel.skip_candles import Skipped, skip_candles
from robustop_plugin.lab.replay.kernel.step import is_waiting
from robustop_plugin.lab.replay.kernel.tables import Market, Table


def skip_ahead(
    market: Market,
    engines: EngineSet,
    run: Table,
    position: Position,
    memory: Memory,
    candle: int,
    last: int,
    bounds: SkipBounds,
) -> Skipped:
    """Return the first candle from `candle` on that may change something; `last` if there is none before."""
    if bounds.can_skip:
        return skip_candles(market, engines, position, memory, candle, last, bounds, run.at_closes)
    if run.at_closes:
        candle = skip_inside(market, position, memory, candle, last, bounds)
    return Skipped(candle, memory)


def skip_inside(market: Market, position: Position, memory: Memory, candle: int, last: int, bounds: SkipBounds) -> int:
    """Return the first candle from `candle` on that may change something, or at which a main candle closes.

    Args:
        market: The market.
        position: The position.
        memory: The memory before the candle.
        candle: Index of a candle; that of the fill is inside its main candle.
        last: Index of the first candle at which time, a payment or a signal may matter.
        bounds: Bounds of the stop and of the prices at which profit is taken.
    """
    candles, side = market.candles, position.side
    filled_here = candles[candle].time == position.opened_at
    if is_waiting(side, memory) or not (filled_here or candles[candle].main == candles[candle - 1].main):
        return candle
    favorable_prices, adverse_prices = (market.high, market.low) if side > 0 else (market.low, market.high)
    main = candles[candle].main
    while candle < last and candles[candle].main == main:
        if not tighter(side, adverse_prices[candle], bounds.stop):
            break
        if not tighter(side, bounds.watched, favorable_prices[candle]):
            break
        candle += 1
    return candle
