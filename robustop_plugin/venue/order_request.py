"""A new order as it is asked for: the parameters of POST order."""

from decimal import Decimal
from typing import NamedTuple

from robustop_plugin.venue.order import BUY, GOOD_TILL_CANCELED, LIMIT, MARKET, SELL, ZERO
from robustop_plugin.venue.params import Query, decimal, text
from robustop_plugin.venue.refusal import Refusal

FORCES = (GOOD_TILL_CANCELED, "IOC", "FOK")


class OrderRequest(NamedTuple):
    """What a client wants.

    Attributes:
        symbol: the exchange's name of the pair.
        side: `BUY` or `SELL`.
        kind: `LIMIT` or `MARKET`.
        quantity: in the base currency.
        price: the limit; 0 for a market order.
        force: `GTC`, `IOC` or `FOK`.
        client: the client's own id; empty if not sent.
        reduces: True if it may only close a position.
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
    """Return what the parameters ask for.

    Raises:
        Refusal: one is missing, malformed, or asks for what the venue does not take: stop orders above all.
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
