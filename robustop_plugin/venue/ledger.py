"""The account interface of the loopback Binance: funds to lock for orders, fills to book."""

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple, Protocol

from robustop_plugin.venue.order import ZERO, Order


class Booked(NamedTuple):
    """Fee and profit of a fill.

    Attributes:
        commission: fee, in `asset`.
        asset: currency of the fee.
        realized: profit of the part of a position that the fill closed, before fees, in the settle currency.
    """

    commission: Decimal
    asset: str
    realized: Decimal = ZERO


class Ledger(Protocol):
    """The spot or futures account.

    Locked funds are not stored but computed from the open orders, so that the two cannot disagree.
    """

    def admit(self, order: Order, resting: Sequence[Order]) -> None:
        """Check that free funds cover a new order.

        Raises:
            Refusal: funds are insufficient, or a reduce-only order has nothing to reduce.
        """

    def fillable(self, order: Order) -> Decimal:
        """Return the quantity of an order that may fill now."""

    def book(self, order: Order, price: Decimal, quantity: Decimal, *, maker: bool) -> Booked:
        """Apply a fill to balances and positions; return its fee and profit."""
