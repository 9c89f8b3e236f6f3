"""One position of USD-M futures: one-way, isolated."""

from dataclasses import dataclass
from decimal import Decimal

from robustop_plugin.venue.brackets import maintenance
from robustop_plugin.venue.decimals import floor
from robustop_plugin.venue.order import ZERO


@dataclass
class Position:
    """What is held of a perpetual.

    Attributes:
        amount: in the base currency; negative for a short, 0 for none.
        entry: the average price of its entries; 0 for none.
        margin: the isolated margin, in the settle currency.
    """

    amount: Decimal = ZERO
    entry: Decimal = ZERO
    margin: Decimal = ZERO

    def closed_by(self, sign: int, quantity: Decimal) -> Decimal:
        """Return how much of an order's quantity would close the position."""
        return min(quantity, abs(self.amount)) if sign * self.amount < 0 else ZERO

    def open(self, sign: int, price: Decimal, quantity: Decimal, leverage: int) -> None:
        """Add to the position."""
        held = abs(self.amount)
        self.entry = (self.entry * held + price * quantity) / (held + quantity)
        self.amount += sign * quantity
        # Down, as locked funds are rounded up: together they are never more than was locked.
        self.margin += floor(price * quantity / leverage)

    def close(self, price: Decimal, quantity: Decimal) -> tuple[Decimal, Decimal]:
        """Take from the position; return the profit and the margin that becomes free."""
        held, sign = abs(self.amount), 1 if self.amount > 0 else -1
        profit = floor(sign * (price - self.entry) * quantity)
        freed = self.margin if quantity == held else floor(self.margin * quantity / held)
        self.amount -= sign * quantity
        self.margin -= freed
        if self.amount == 0:
            self.entry = ZERO
        return profit, freed

    def profit_at(self, mark: Decimal) -> Decimal:
        """Return the unrealized profit at a mark price."""
        return (mark - self.entry) * self.amount

    def liquidation(self) -> Decimal:
        """Return the price at which Binance would liquidate it; 0 for none. The venue itself never does."""
        if self.amount == 0:
            return ZERO
        rate, deduction = maintenance(abs(self.amount) * self.entry)
        held = abs(self.amount)
        price = (self.margin + deduction - self.amount * self.entry) / (held * rate - self.amount)
        return max(price, ZERO)
