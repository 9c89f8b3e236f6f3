"""A USD-M futures position at the loopback Binance: one-way, isolated."""

from dataclasses import dataclass
from decimal import Decimal

from robustop_plugin.venue.brackets import maintenance
from robustop_plugin.venue.decimals import floor
from robustop_plugin.venue.order import ZERO


@dataclass
class Position:
    """The position in a perpetual.

    Attributes:
        amount: position size, in the base currency; negative for a short, 0 if empty.
        entry: average entry price, in the quote currency; 0 if empty.
        margin: isolated margin, in the settle currency.
    """

    amount: Decimal = ZERO
    entry: Decimal = ZERO
    margin: Decimal = ZERO

    def closed_by(self, sign: int, quantity: Decimal) -> Decimal:
        """Return the part of an order's quantity that would close the position."""
        return min(quantity, abs(self.amount)) if sign * self.amount < 0 else ZERO

    def open(self, sign: int, price: Decimal, quantity: Decimal, leverage: int) -> None:
        """Add to the position."""
        held = abs(self.amount)
        self.entry = (self.entry * held + price * quantity) / (held + quantity)
        self.amount += sign * quantity
        # Rounded down, because locked funds are rounded up: the margin never exceeds what was locked.
        self.margin += floor(price * quantity / leverage)

    def close(self, price: Decimal, quantity: Decimal) -> tuple[Decimal, Decimal]:
        """Reduce the position; return the profit and the freed margin, in the settle currency."""
        held, sign = abs(self.amount), 1 if self.amount > 0 else -1
        profit = floor(sign * (price - self.entry) * quantity)
        freed = self.margin if quantity == held else floor(self.margin * quantity / held)
        self.amount -= sign * quantity
        self.margin -= freed
        if self.amount == 0:
            self.entry = ZERO
        return profit, freed

    def profit_at(self, mark: Decimal) -> Decimal:
        """Return the unrealized profit at a mark price, in the settle currency."""
        return (mark - self.entry) * self.amount

    def liquidation(self) -> Decimal:
        """Return Binance's liquidation price; 0 if empty. The venue itself never liquidates."""
        if self.amount == 0:
            return ZERO
        rate, deduction = maintenance(abs(self.amount) * self.entry)
        held = abs(self.amount)
        price = (self.margin + deduction - self.amount * self.entry) / (held * rate - self.amount)
        return max(price, ZERO)
