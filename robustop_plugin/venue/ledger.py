"""What orders need from an account: funds to lock, and fills to book."""

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple, Protocol

from robustop_plugin.venue.order import ZERO, Order


class Booked(NamedTuple):
    """What a fill cost and earned.

    Attributes:
        commission: the fee, in `asset`.
        asset: the currency of the fee.
        realized: profit of the part of a position that it closed, before fees.
    """

    commission: Decimal
    asset: str
    realized: Decimal = ZERO


class Ledger(Protocol):
    """The account of spot, or of futures.

    Locked funds are not stored: they follow from the open orders, so that the two cannot drift apart.
    """

    def admit(self, order: Order, resting: Sequence[Order]) -> None:
        """Refuse a new order for which there are no free funds.

        Raises:
            Refusal: Binance's code and words.
        """

    def fillable(self, order: Order) -> Decimal:
        """Return how much of an order may fill now."""

    def book(self, order: Order, price: Decimal, quantity: Decimal, *, maker: bool) -> Booked:
        """Change balances and positions by a fill."""
