"""New order requests at the loopback Binance: the parameters of POST order."""

from decimal import Decimal
from typing import NamedTuple

from robustop_plugin.venue.order import BUY, GOOD_TILL_CANCELED, LIMIT, MARKET, SELL, ZERO
from robustop_plugin.venue.params import Query, decimal, text
from robustop_plugin.venue.refusal import Refusal

FORCES = (GOOD_TILL_CANCELED, "IOC", "FOK")


class OrderRequest(NamedTuple):
    """A request for a new order.

    Attributes:
        symbol: Binance's name of the market, `BTCUSDT`.
        side: `BUY` or `SELL`.
        kind: `LIMIT` or `MARKET`.
        quantity: quantity to trade, in the base currency.
        price: limit price, in the quote currency; 0 for a market order.
        force: time in force: `GTC`, `IOC` or `FOK`.
        client: order id of the client; empty if not sent.
        reduces: True if it may only reduce a position.
    """

    symbol: str
    side: str
    kind: str
    quantity: Decimal
    price: Decimal
    force: str
    client: str
    reduces: bool


def order_request(query: Query) -> OrderRequest:
    """Parse the parameters of a new order.

    Raises:
        Refusal: a parameter is missing, malformed or not supported by the venue, such as a stop order.
    """
    symbol, side, kind = (text(query, name) for name in ("symbol", "side", "type"))
    if side not in (BUY, SELL):
        raise Refusal(-1117, "Invalid side.")
    if kind not in (LIMIT, MARKET):
        raise Refusal(-1116, "Invalid orderType.")
    force, price = GOOD_TILL_CANCELED, ZERO
    if kind == LIMIT:
        force = text(query, "timeInForce")
        if force not in FORCES:
            raise Refusal(-1115, "Invalid timeInForce.")
        price = decimal(query, "price")
    quantity = decimal(query, "quantity")
    reduces = query.get("reduceOnly", "false").lower() == "true"
    return OrderRequest(symbol, side, kind, quantity, price, force, query.get("newClientOrderId", ""), reduces)
