"""Spot account of the loopback Binance: a total per coin, part of it locked by open orders."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal

from robustop_plugin.venue.decimals import floor
from robustop_plugin.venue.ledger import Booked
from robustop_plugin.venue.order import BUY, Order
from robustop_plugin.venue.refusal import Refusal

FEE = Decimal("0.001")  # fraction of the received coin, for maker and taker
BNB, BNB_FEE = "BNB", Decimal("0.00075")  # fraction of the value, if BNB pays


class Wallet:
    """Spot balances.

    Attributes:
        totals: free plus locked balance by coin, in that coin.
        bnb_price: price of BNB in the quote currency if BNB pays the fees; None if the received coin does.
    """

    def __init__(self, deposits: Mapping[str, Decimal]) -> None:
        """Start with deposits, by coin."""
        self.totals: dict[str, Decimal] = defaultdict(Decimal, deposits)
        self.bnb_price: Decimal | None = None

    def admit(self, order: Order, resting: Sequence[Order]) -> None:
        """Check that the free balance covers a new order."""
        coin, amount = _claim(order)
        if amount > self.totals[coin] - self.locked(resting)[coin]:
            raise Refusal(-2010, "Account has insufficient balance for requested action.")

    def locked(self, resting: Sequence[Order]) -> dict[str, Decimal]:
        """Return the locked amounts by coin: buys lock the quote currency, sells the base currency."""
        amounts: dict[str, Decimal] = defaultdict(Decimal)
        for order in resting:
            coin, amount = _claim(order)
            amounts[coin] += amount
        return amounts

    def fillable(self, order: Order) -> Decimal:
        """Return the remaining quantity."""
        return order.remaining

    def book(self, order: Order, price: Decimal, quantity: Decimal, *, maker: bool) -> Booked:  # noqa: ARG002 (one fee)
        """Exchange one coin for the other; the received coin pays the fee, or BNB."""
        base, quote, cost = order.market.base, order.market.quote, price * quantity
        self.totals[base] += order.sign * quantity
        self.totals[quote] -= order.sign * cost
        coin, received = (base, quantity) if order.side == BUY else (quote, cost)
        commission = floor(received * FEE)
        if self.bnb_price is not None:
            in_bnb = floor(cost * BNB_FEE / self.bnb_price)
            if in_bnb <= self.totals.get(BNB, 0):
                coin, commission = BNB, in_bnb
        self.totals[coin] -= commission
        return Booked(commission, coin)


def _claim(order: Order) -> tuple[str, Decimal]:
    """Return the coin that an order locks, and the amount."""
    if order.side == BUY:
        return order.market.quote, order.assumed * order.remaining
    return order.market.base, order.remaining
