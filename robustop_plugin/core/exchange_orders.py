"""What is known of a trade's orders on the exchange, and its form as plain data."""

import math
from typing import Any, NamedTuple

from robustop_plugin.core.errors import InvalidFact


class PendingRequest(NamedTuple):
    """An order that the host was asked for, and whose answer is not known yet.

    Attributes:
        tag: the tag that the order was to have.
        asked_at: when it was asked for, in seconds since the epoch.
        amount: its amount, in base currency.
        known: identifiers of the trade's orders at that time.
    """

    tag: str
    asked_at: float
    amount: float
    known: tuple[str, ...] = ()


class ExchangeOrders(NamedTuple):
    """The orders of a trade on the exchange.

    Attributes:
        stop: price of the stop order that rests there, in price; None if none does, and if the bot checks the stop.
        sale: the partial exit that was asked for; None if it was answered.
        addition: the later entry that was asked for; None if it was answered.
        refusals: how often in a row a partial exit was refused.
        wait_until: time before which no partial exit is asked for, in seconds since the epoch; 0 to ask at once.
        found: tags of orders that the exchange has filled without an answer, by identifier.
    """

    stop: float | None = None
    sale: PendingRequest | None = None
    addition: PendingRequest | None = None
    refusals: int = 0
    wait_until: float = 0.0
    found: tuple[tuple[str, str], ...] = ()


NO_ORDERS = ExchangeOrders()
"""What schemas before the fourth knew about orders on the exchange."""


def orders_to_dict(orders: ExchangeOrders) -> dict[str, Any]:
    """Return the orders as JSON-ready data."""
    return {
        **orders._asdict(),
        "sale": None if orders.sale is None else _request_to_dict(orders.sale),
        "addition": None if orders.addition is None else _request_to_dict(orders.addition),
        "found": dict(orders.found),
    }


def orders_from_dict(data: Any) -> ExchangeOrders:
    """Return the orders that `orders_to_dict` wrote.

    Raises:
        InvalidFact: a value is of the wrong kind.
        KeyError, TypeError, ValueError: a key is missing, or there is one too many.
    """
    orders = ExchangeOrders(**data)
    if set(data) != set(ExchangeOrders._fields):
        raise InvalidFact("keys of exchange", sorted(data), f"just {', '.join(sorted(ExchangeOrders._fields))}")
    refusals = orders.refusals
    if type(refusals) is not int or refusals < 0:
        raise InvalidFact("refusals", refusals, "a whole number >= 0")
    return ExchangeOrders(
        stop=None if orders.stop is None else _positive(orders.stop),
        sale=_request(data["sale"]),
        addition=_request(data["addition"]),
        refusals=refusals,
        wait_until=_finite(orders.wait_until),
        found=tuple((_text(number), _text(tag)) for number, tag in data["found"].items()),
    )


def _request_to_dict(request: PendingRequest) -> dict[str, Any]:
    return {**request._asdict(), "known": list(request.known)}


def _request(data: Any) -> PendingRequest | None:
    if data is None:
        return None
    request = PendingRequest(**data)
    if not isinstance(data["known"], list):
        raise InvalidFact("known", data["known"], "a list")
    return PendingRequest(
        _text(request.tag), _finite(request.asked_at), _positive(request.amount), tuple(map(_text, data["known"]))
    )


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise InvalidFact("value", value, "a text")
    return value


def _finite(value: Any) -> float:
    if type(value) not in (int, float) or not math.isfinite(value):
        raise InvalidFact("value", value, "a finite number")
    return float(value)


def _positive(value: Any) -> float:
    number = _finite(value)
    if number <= 0:
        raise InvalidFact("value", value, "> 0")
    return number
