"""Looks for orders on the exchange that Freqtrade does not know, after an answer of the exchange was lost."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from freqtrade.persistence import Order
from sqlalchemy import select

CLOCKS = timedelta(seconds=60)
"""How much the clock of the exchange may be behind."""
ROUNDED = 1e-6
"""As a ratio: amounts that differ less are the same amount."""
WALLET = 0.98
"""As a ratio: Freqtrade sells what is in the wallet if that is at least this share of the position."""


class UnknownOrder(NamedTuple):
    """An order on the exchange that is in no trade of Freqtrade's.

    Attributes:
        order_id: Its identifier.
        side: `buy` or `sell`.
        amount: Its amount, in base currency.
        filled: What is filled of it, in base currency.
        is_open: True if it still rests.
        stop_price: The price that triggers it; None if it is no stop order.
        report: The order as the exchange reports it.
    """

    order_id: str
    side: str
    amount: float
    filled: float
    is_open: bool
    stop_price: float | None
    report: Mapping[str, Any] = {}

    def is_like(self, side: str, amount: float) -> bool:
        """Return True if it is an order of this side and amount; what is sold whole may lack a fee."""
        return self.side == side and amount * WALLET <= self.amount <= amount * (1 + ROUNDED)


class OrderSearch:
    """Searches the orders of a pair on the exchange. Each search is a request."""

    def __init__(self, fetch: Callable[[str, datetime], list[dict[str, Any]]]) -> None:
        """Take Freqtrade's `fetch_orders`, which is empty in a dry run."""
        self._fetch = fetch

    def unknown_orders(self, pair: str, since: float, known: Iterable[str] = ()) -> list[UnknownOrder]:
        """Return the unknown orders of a pair that are not older than a time.

        Args:
            pair: The pair's name.
            since: In seconds since the epoch.
            known: Identifiers of orders that are known.

        Raises:
            freqtrade.exceptions.FreqtradeException: The exchange cannot be asked.
        """
        moment = datetime.fromtimestamp(since, tz=UTC) - CLOCKS
        ids = set(known)
        orders = [unknown_order(order) for order in self._fetch(pair, moment) if str(order["id"]) not in ids]
        return [order for order in orders if not is_known(order.order_id, pair)]


def is_known(order_id: str, pair: str) -> bool:
    """Return True if an order is in a trade of Freqtrade's. Some exchanges number the orders of each pair anew."""
    known = select(Order.id).where(Order.order_id == order_id, Order.ft_pair == pair).limit(1)
    return Order.session.execute(known).first() is not None


def unknown_order(order: dict[str, Any]) -> UnknownOrder:
    """Return an order as the exchange reports it."""
    stop = order.get("stopPrice") or order.get("triggerPrice")
    return UnknownOrder(
        order_id=str(order["id"]),
        side=str(order.get("side")),
        amount=float(order.get("amount") or 0.0),
        filled=float(order.get("filled") or 0.0),
        is_open=order.get("status") == "open",
        stop_price=float(stop) if stop else None,
        report=order,
    )
