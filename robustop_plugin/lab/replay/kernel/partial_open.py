"""What comes of a candle's open for a trade that is sold in parts: a decision, and a sale of what is due."""

import math
from typing import NamedTuple

from robustop_plugin.core.decision import Sale
from robustop_plugin.core.grid import ticks_between
from robustop_plugin.core.side import beyond, signed, tighter
from robustop_plugin.engines.hand_span import hand_span
from robustop_plugin.lab.replay.kernel.candle_decision import HostStop, tick_at
from robustop_plugin.lab.replay.kernel.exit_prices import breakeven_of, stop_ratio
from robustop_plugin.lab.replay.kernel.host_arithmetic import nearest_price
from robustop_plugin.lab.replay.kernel.partial_sales import PartialSchedule, Remainder, after_sale, booked, order_of
from robustop_plugin.lab.replay.kernel.step import HOLDS, EngineSet, Memory, Position, Tick, decided, tightest, view_of
from robustop_plugin.lab.replay.kernel.tables import Market, Table
from robustop_plugin.protections import sale_due

KEPT, SOLD, SOLD_OUT, NO_PRICE = 0, 1, 2, 3
"""Nothing is sold, a part is, all that was left is, or an order has a price that its candle did not have."""


class Opened(NamedTuple):
    """What comes of an open: what the step says, the look, the state, what the host knows, what is left, and a sale."""

    says: int
    look: Tick
    state: Memory
    told: HostStop
    rest: Remainder
    sale: int


class TradeContext(NamedTuple):
    """What does not change on the way of a trade through its candles.

    Attributes:
        market: the candles.
        choice: the engines.
        run: the host's configuration.
        selling: what is sold in parts.
        pair: its number.
        place: the position.
        original: amount of the entry.
    """

    market: Market
    choice: EngineSet
    run: Table
    selling: PartialSchedule
    pair: int
    place: Position
    original: float


def at_open(way: TradeContext, candle: int, state: Memory, told: HostStop, rest: Remainder) -> Opened:
    """Return what comes of a candle's open: a decision, and where that sells a part, another one after the sale.

    Args:
        way: of the trade.
        candle: its number.
        state: from before the candle.
        told: what the host was told of the stop before.
        rest: what is left.
    """
    market, choice, run, place = way.market, way.choice, way.run, way.place
    side, now, price, sold = place.side, market.candles[candle].time, market.candles[candle].open, int(KEPT)
    while True:
        breakeven = math.nan
        if run.exact:
            breakeven = breakeven_of(place, rest.deal, run, booked(market, run, way.pair, side, rest, now))
        look = tick_at(market, choice, place, run, candle, price, breakeven)
        says, state = decided(place, look, state, choice)
        if tighter(side, state.stop, told.stop):
            told = HostStop(state.stop, stop_ratio(place, price, state.stop, rest.deal.leverage), True)
        if not beyond(side, price, state.stop):
            rest = with_virtual(place, look, state, choice, rest)
        if says != HOLDS or sold == SOLD:
            return Opened(says, look, state, told, rest, sold)
        sale = due(way, price, rest)
        if sale is None:
            return Opened(says, look, state, told, rest, int(KEPT))
        order = order_of(market, way.pair, way.original, rest.deal.amount, sale, price)
        got = nearest_price(price, place.grid)
        if not order.amount > 0:
            return Opened(says, look, state, told, rest, int(KEPT))
        if order.closes or not market.low[candle] <= got <= market.high[candle]:
            return Opened(says, look, state, told, rest, int(SOLD_OUT if order.closes else NO_PRICE))
        rest = after_sale(market, run, way.pair, place, rest, order.amount, sale.progress, got, now)
        sold = int(SOLD)


def due(way: TradeContext, price: float, rest: Remainder) -> Sale | None:
    """Return what is to be sold at a price; None for nothing."""
    place, selling = way.place, way.selling
    profit = signed(place.side, ticks_between(price, place.entry, place.grid))
    at_virtual = not math.isnan(rest.virtual) and beyond(place.side, price, rest.virtual)
    return sale_due(profit, place.risk, rest.progress, at_virtual, selling.schedule, selling.portion)


def with_virtual(place: Position, look: Tick, state: Memory, choice: EngineSet, rest: Remainder) -> Remainder:
    """Return what is left, with the tightest trail of a portion so far that the best price has cleared."""
    if not choice.virtual_hand:
        return rest
    trail = hand_span(view_of(place, look, state), choice.hand_options).trail
    virtual = tightest(place, state.best, rest.virtual, trail)
    return Remainder(
        rest.deal,
        rest.progress,
        virtual,
        rest.brought,
        rest.since,
        rest.sold,
        rest.at_once,
        rest.settled,
        rest.dropped,
    )
