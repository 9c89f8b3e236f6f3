"""New order requests at the loopback Binance: the parameters of POST order."""

from collections.abc import Container
from decimal import Decimal
from typing import NamedTuple

from robustop_plugin.venue.order import BUY, GOOD_TILL_CANCELED, LIMIT, MARKET, SELL, STOP_LIMIT, ZERO
from robustop_plugin.venue.params import Query, decimal, flag, text
from robustop_plugin.venue.refusal import Refusal

FORCES = (GOOD_TILL_CANCELED, "IOC", "FOK")
SPOT_KINDS, FUTURES_KINDS = (LIMIT, MARKET, STOP_LIMIT), (LIMIT, MARKET)


class OrderRequest(NamedTuple):
    """A request for a new order.

    Attributes:
        symbol: Binance's name of the market, `BTCUSDT`.
        side: `BUY` or `SELL`.
        kind: `LIMIT`, `MARKET` or `STOP_LOSS_LIMIT`.
        quantity: quantity to trade, in the base currency.
        price: limit price, in the quote currency; 0 for a market order.
        force: time in force: `GTC`, `IOC` or `FOK`.
        client: order id of the client; empty if not sent.
        reduces: True if it may only reduce a position.
        stop: trigger price, in the quote currency; 0 without one.
    """

    symbol: str
    side: str
    kind: str
    quantity: Decimal
    price: Decimal
    force: str
    client: str
    reduces: bool = False
    stop: Decimal = ZERO


def order_request(query: Query, kinds: Container[str]) -> OrderRequest:
    """Parse the parameters of a new order.

    Args:
        query: the parameters.
        kinds: order types that the endpoint accepts.

    Raises:
        Refusal: a parameter is missing, malformed or not supported by the venue.
    """
    symbol, side, kind = (text(query, name) for name in ("symbol", "side", "type"))
    check_side(side)
    if kind not in kinds:
        raise Refusal(-1116, "Invalid orderType.")
    force, price = GOOD_TILL_CANCELED, ZERO
    if kind != MARKET:
        force = text(query, "timeInForce")
        check_force(force)
        price = decimal(query, "price")
    quantity = decimal(query, "quantity")
    stop = decimal(query, "stopPrice") if kind == STOP_LIMIT else ZERO
    client, reduces = query.get("newClientOrderId", ""), flag(query, "reduceOnly")
    return OrderRequest(symbol, side, kind, quantity, price, force, client, reduces, stop)


def check_side(side: str) -> None:
    """Refuse a side other than BUY and SELL."""
    if side not in (BUY, SELL):
        raise Refusal(-1117, "Invalid side.")


def check_force(force: str) -> None:
    """Refuse a time in force that the venue does not know."""
    if force not in FORCES:
        raise Refusal(-1115, "Invalid timeInForce.")
