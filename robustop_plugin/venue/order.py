"""Orders of the loopback Binance, including stop-limit orders of spot, and their fills."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from robustop_plugin.venue.market import Market

ZERO = Decimal(0)
BUY, SELL = "BUY", "SELL"
LIMIT, MARKET, STOP_LIMIT = "LIMIT", "MARKET", "STOP_LOSS_LIMIT"
GOOD_TILL_CANCELED = "GTC"
NEW, PARTLY, FILLED = "NEW", "PARTIALLY_FILLED", "FILLED"
CANCELED, EXPIRED = "CANCELED", "EXPIRED"


class Fill(NamedTuple):
    """One fill of an order.

    Attributes:
        number: id of the fill; unique at the venue.
        time: time of the fill, in milliseconds since the epoch.
        price: fill price, in the quote currency.
        quantity: filled quantity, in the base currency.
        commission: fee, in `asset`.
        asset: currency of the fee.
        realized: profit of the closed part of a position, before fees, in the settle currency; 0 on spot.
        maker: True if the order was resting.
    """

    number: int
    time: int
    price: Decimal
    quantity: Decimal
    commission: Decimal
    asset: str
    realized: Decimal
    maker: bool


def is_beyond(side: str, stop: Decimal, price: Decimal) -> bool:
    """Return True if a price is at a stop or beyond it: below for a sell, above for a buy."""
    return price >= stop if side == BUY else price <= stop


@dataclass
class Order:
    """A spot or futures order.

    Attributes:
        number: order id of the exchange; unique at the venue.
        client: order id of the client.
        market: the market it trades.
        side: `BUY` or `SELL`.
        kind: `LIMIT`, `MARKET` or `STOP_LOSS_LIMIT`.
        quantity: ordered quantity, in the base currency.
        price: limit price, in the quote currency; 0 for a market order.
        force: time in force: `GTC`, `IOC` or `FOK`.
        time: time of placement, in milliseconds since the epoch.
        updated: time of the last change, in milliseconds since the epoch.
        assumed: price at which funds are locked, in the quote currency.
        leverage: leverage of the symbol at placement; 1 on spot.
        reduces: True if it may only reduce a position.
        stop: price at which a stop order triggers, in the quote currency; 0 for any other order.
        triggered: time at which it triggered, in milliseconds since the epoch; None before, and for any other order.
        status: Binance's status, such as `NEW`.
        fills: fills, oldest first.
    """

    number: int
    client: str
    market: Market
    side: str
    kind: str
    quantity: Decimal
    price: Decimal
    force: str
    time: int
    updated: int
    assumed: Decimal
    leverage: int = 1
    reduces: bool = False
    stop: Decimal = ZERO
    triggered: int | None = None
    status: str = NEW
    fills: list[Fill] = field(default_factory=list)

    @property
    def sign(self) -> int:
        """+1 for a buy, -1 for a sell."""
        return 1 if self.side == BUY else -1

    @property
    def executed(self) -> Decimal:
        """The filled quantity, in the base currency."""
        return sum((fill.quantity for fill in self.fills), ZERO)

    @property
    def cost(self) -> Decimal:
        """The filled amount, in the quote currency."""
        return sum((fill.quantity * fill.price for fill in self.fills), ZERO)

    @property
    def average(self) -> Decimal:
        """The average fill price; 0 without a fill."""
        return self.cost / self.executed if self.fills else ZERO

    @property
    def remaining(self) -> Decimal:
        """The unfilled quantity, in the base currency."""
        return self.quantity - self.executed

    @property
    def is_open(self) -> bool:
        """Return True if the order may still fill."""
        return self.status in (NEW, PARTLY)

    @property
    def is_waiting(self) -> bool:
        """Return True for a stop order that has not triggered: it is not in the book."""
        return self.is_open and self.stop > 0 and self.triggered is None

    def triggered_by(self, price: Decimal) -> bool:
        """Return True if a trade at this price triggers the stop: at it or beyond."""
        return is_beyond(self.side, self.stop, price)

    def trigger(self, time: int) -> None:
        """Turn the stop order into a limit order in the book."""
        self.triggered = self.updated = time

    def reached_by(self, price: Decimal) -> bool:
        """Return True if the limit price allows a trade at this price."""
        return self.sign * (self.price - price) >= 0

    def add(self, fill: Fill) -> None:
        """Record a fill."""
        self.fills.append(fill)
        self.updated = fill.time
        self.status = FILLED if self.remaining == 0 else PARTLY

    def end(self, status: str, time: int) -> None:
        """Close the order with a final status at `time`."""
        self.status, self.updated = status, time
