"""Decides a candle's open for a trade with partial sales: the engines' decision, then a sale of what is due."""

import math
from typing import NamedTuple

from robustop_plugin.core.decision import Sale
from robustop_plugin.core.grid import ticks_between
from robustop_plugin.core.side import beyond, signed, tighter
from robustop_plugin.engines.hand_span import hand_span
from robustop_plugin.lab.replay.kernel.candle_decision import HostStop, open_extreme, tick_at
from robustop_plugin.lab.replay.kernel.exit_prices import breakeven_of, stop_ratio
from robustop_plugin.lab.replay.kernel.host_arithmetic import nearest_price
from robustop_plugin.lab.replay.kernel.partial_sales import (
    PartialSchedule,
    Remainder,
    after_sale,
    order_of,
    total_funding,
)
from robustop_plugin.lab.replay.kernel.scalars import EngineSet, Memory, Position, Tick
from robustop_plugin.lab.replay.kernel.step import HOLDS, decided, tightest, view_of
from robustop_plugin.lab.replay.kernel.tables import Market, Table
from robustop_plugin.protections import sale_due

KEPT, SOLD, SOLD_OUT, NO_PRICE = 0, 1, 2, 3
"""What is sold: nothing, a part, or all that remained; or an order has a price that its candle did not reach."""


class OpenOutcome(NamedTuple):
    """The result of a candle's open.

    Attributes:
        action: Action of the step.
        tick: The last decided tick.
        memory: The memory after it.
        host_stop: What Freqtrade knows of the stop.
        remainder: What remains of the position.
        sale: One of the constants above.
    """

    action: int
    tick: Tick
    memory: Memory
    host_stop: HostStop
    remainder: Remainder
    sale: int


class TradeContext(NamedTuple):
    """What stays the same during a trade.

    Attributes:
        market: The market.
        engines: The engines.
        run: The configuration.
        partials: What is sold in parts.
        pair: Index of the pair.
        position: The position.
        original: Amount of the entry.
        council: Index of the candle at which the council requests an exit.
    """

    market: Market
    engines: EngineSet
    run: Table
    partials: PartialSchedule
    pair: int
    position: Position
    original: float
    council: int


def decide_open(
    context: TradeContext, candle: int, memory: Memory, host_stop: HostStop, remainder: Remainder
) -> OpenOutcome:
    """Decide a candle's open; after a partial sale, decide it once more.

    Args:
        context: The trade.
        candle: Index of the candle.
        memory: The memory before it.
        host_stop: What Freqtrade knew of the stop before.
        remainder: What remains of the position.
    """
    market, engines, run, position = context.market, context.engines, context.run, context.position
    side, now, price, sold = position.side, market.candles[candle].time, market.candles[candle].open, int(KEPT)
    seen = open_extreme(market, run, side, candle)
    while True:
        breakeven = math.nan
        if run.exact:
            breakeven = breakeven_of(
                position, remainder.fill, run, total_funding(market, run, context.pair, side, remainder, now)
            )
        tick = tick_at(market, engines, position, run, candle, price, breakeven, seen, candle == context.council)
        action, memory = decided(position, tick, memory, engines)
        if tighter(side, memory.stop, host_stop.stop):
            host_stop = HostStop(memory.stop, stop_ratio(position, price, memory.stop, remainder.fill.leverage), True)
        if not beyond(side, price, memory.stop):
            remainder = with_virtual(position, tick, memory, engines, remainder)
        if action != HOLDS or sold == SOLD:
            return OpenOutcome(action, tick, memory, host_stop, remainder, sold)
        sale = due(context, price, remainder)
        if sale is None:
            return OpenOutcome(action, tick, memory, host_stop, remainder, int(KEPT))
        order = order_of(market, context.pair, context.original, remainder.fill.amount, sale, price)
        fill_price = nearest_price(price, position.grid)
        if not order.amount > 0:
            return OpenOutcome(action, tick, memory, host_stop, remainder, int(KEPT))
        if order.closes or not market.low[candle] <= fill_price <= market.high[candle]:
            return OpenOutcome(action, tick, memory, host_stop, remainder, int(SOLD_OUT if order.closes else NO_PRICE))
        remainder = after_sale(
            market, run, context.pair, position, remainder, order.amount, sale.progress, fill_price, now
        )
        sold = int(SOLD)
        # A close counts once, and what a sale has changed waits for the next.
        seen = math.nan if run.at_closes else price


def due(context: TradeContext, price: float, remainder: Remainder) -> Sale | None:
    """Return what is to be sold at a price; None for nothing."""
    position, partials = context.position, context.partials
    profit = signed(position.side, ticks_between(price, position.entry, position.grid))
    at_virtual = not math.isnan(remainder.virtual) and beyond(position.side, price, remainder.virtual)
    return sale_due(profit, position.risk, remainder.progress, at_virtual, partials.schedule, partials.portion)


def with_virtual(position: Position, tick: Tick, memory: Memory, engines: EngineSet, remainder: Remainder) -> Remainder:
    """Return the remainder with the tightest trail of a portion that the best price has cleared."""
    if not engines.virtual_hand or math.isnan(tick.extreme):
        return remainder
    trail = hand_span(view_of(position, tick, memory), engines.hand_options).trail
    virtual = tightest(position, memory.best, remainder.virtual, trail)
    return Remainder(
        fill=remainder.fill,
        progress=remainder.progress,
        virtual=virtual,
        realized=remainder.realized,
        since=remainder.since,
        sold=remainder.sold,
        same_moment_funding=remainder.same_moment_funding,
        booked_funding=remainder.booked_funding,
        dropped=remainder.dropped,
    )
