"""The spot account: a total for each coin, of which open orders lock a part."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal

from robustop_plugin.venue.decimals import floor
from robustop_plugin.venue.ledger import Booked
from robustop_plugin.venue.order import BUY, Order
from robustop_plugin.venue.refusal import Refusal

FEE = Decimal("0.001")  # of the coin that is received; maker and taker alike


class Wallet:
    """Balances of spot.

    Attributes:
        totals: free and locked together, by coin.
    """

    def __init__(self, deposits: Mapping[str, Decimal]) -> None:
        """Take what is there from the beginning, by coin."""
        self.totals: dict[str, Decimal] = defaultdict(Decimal, deposits)

    def admit(self, order: Order, resting: Sequence[Order]) -> None:
        """Refuse an order for more than is free."""
        coin, amount = _claim(order)
        if amount > self.totals[coin] - self.locked(resting)[coin]:
            raise Refusal(-2010, "Account has insufficient balance for requested action.")

    def locked(self, resting: Sequence[Order]) -> dict[str, Decimal]:
        """Return what the open orders lock, by coin: the quote currency for buys, the base currency for sells."""
        amounts: dict[str, Decimal] = defaultdict(Decimal)
        for order in resting:
            coin, amount = _claim(order)
            amounts[coin] += amount
        return amounts

    def fillable(self, order: Order) -> Decimal:
        """Return all that is left of the order."""
        return order.remaining

    def book(self, order: Order, price: Decimal, quantity: Decimal, *, maker: bool) -> Booked:  # noqa: ARG002 (one fee)
        """Exchange one coin for the other, less the fee in the coin that is received."""
        base, quote, cost = order.market.base, order.market.quote, price * quantity
        self.totals[base] += order.sign * quantity
        self.totals[quote] -= order.sign * cost
        coin, received = (base, quantity) if order.side == BUY else (quote, cost)
        commission = floor(received * FEE)
        self.totals[coin] -= commission
        return Booked(commission, coin)


def _claim(order: Order) -> tuple[str, Decimal]:
    """Return the coin and the amount that an order locks."""
    if order.side == BUY:
        return order.market.quote, order.assumed * order.remaining
    return order.market.base, order.remaining
