"""Order queries of the loopback Binance, shared by spot and futures: order ids, time windows, limits."""

from collections.abc import Iterable
from typing import TypeVar

from robustop_plugin.venue.exchange import Section
from robustop_plugin.venue.order import Fill, Order
from robustop_plugin.venue.orders import Orders
from robustop_plugin.venue.params import Query, integer, text
from robustop_plugin.venue.refusal import Refusal, no_order, nothing_to_cancel

DEFAULT_ROWS, MOST_ROWS = 500, 1000
NEITHER = "Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!"

Row = TypeVar("Row")


def one_order(orders: Orders, section: Section, query: Query) -> Order:
    """Bring the market up to now and return the order that `orderId` or `origClientOrderId` names.

    Raises:
        Refusal: both ids are missing, or the order does not exist.
    """
    symbol = section.of(text(query, "symbol")).market.symbol
    number, client = integer(query, "orderId"), query.get("origClientOrderId")
    if number is None and not client:
        raise Refusal(-1102, NEITHER)
    return orders.of(symbol, number, client)


def order_to_cancel(orders: Orders, section: Section, query: Query) -> Order:
    """Return the order of a DELETE request, which has its own code for an unknown order."""
    try:
        return one_order(orders, section, query)
    except Refusal as refusal:
        if refusal.code == no_order().code:
            raise nothing_to_cancel() from None
        raise


def resting(orders: Orders, section: Section, query: Query) -> list[Order]:
    """Return the open orders of `symbol`, or of all symbols."""
    if "symbol" in query:
        return orders.resting(section.of(query["symbol"]).market.symbol)
    section.all()
    return orders.resting()


def in_time(orders: Orders, section: Section, query: Query) -> list[Order]:
    """Return the orders of `symbol` within the query's time window and limit."""
    symbol = section.of(text(query, "symbol")).market.symbol
    return window(((order.time, order) for order in orders.all(symbol)), query)


def fills_in_time(orders: Orders, section: Section, query: Query) -> list[tuple[Order, Fill]]:
    """Return the fills of `symbol`, or of `orderId` if sent, within the query's time window and limit."""
    symbol, number = section.of(text(query, "symbol")).market.symbol, integer(query, "orderId")
    matching = [order for order in orders.all(symbol) if number in (None, order.number)]
    fills = sorted(((order, fill) for order in matching for fill in order.fills), key=lambda row: row[1].number)
    return window(((fill.time, (order, fill)) for order, fill in fills), query)


def window(rows: Iterable[tuple[int, Row]], query: Query) -> list[Row]:
    """Return rows from `startTime` to `endTime`: the oldest if a start is given, else the newest."""
    start, end = integer(query, "startTime"), integer(query, "endTime")
    limit = min(MOST_ROWS, integer(query, "limit") or DEFAULT_ROWS)
    inside = [row for time, row in rows if (start or 0) <= time and (end is None or time <= end)]
    return inside[:limit] if start is not None else inside[-limit:]
