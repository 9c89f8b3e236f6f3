"""One order and its fills."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from robustop_plugin.venue.market import Market

ZERO = Decimal(0)
BUY, SELL = "BUY", "SELL"
LIMIT, MARKET = "LIMIT", "MARKET"
GOOD_TILL_CANCELED = "GTC"
NEW, PARTLY, FILLED = "NEW", "PARTIALLY_FILLED", "FILLED"
CANCELED, EXPIRED = "CANCELED", "EXPIRED"


class Fill(NamedTuple):
    """One trade of an order.

    Attributes:
        number: of the fill; unique at the venue.
        time: in milliseconds since the epoch.
        price: in the quote currency.
        quantity: in the base currency.
        commission: the fee, in `asset`.
        asset: the currency of the fee.
        realized: profit of the part of a position that it closed, before fees; 0 on spot.
        maker: True if the order rested before.
    """

    number: int
    time: int
    price: Decimal
    quantity: Decimal
    commission: Decimal
    asset: str
    realized: Decimal
    maker: bool


@dataclass
class Order:
    """An order of spot or futures.

    Attributes:
        number: the exchange's id; unique at the venue.
        client: the id that the client chose.
        market: what it trades.
        side: `BUY` or `SELL`.
        kind: `LIMIT` or `MARKET`.
        quantity: in the base currency.
        price: the limit; 0 for a market order.
        force: `GTC`, `IOC` or `FOK`.
        time: when it came in, in milliseconds since the epoch.
        updated: its last change, in milliseconds since the epoch.
        assumed: the price at which funds are locked for it.
        leverage: of its symbol when it came in; 1 on spot.
        reduces: True if it may only close a position.
        status: Binance's word.
        fills: its trades, in their order.
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
    status: str = NEW
    fills: list[Fill] = field(default_factory=list)

    @property
    def sign(self) -> int:
        """+1 for a buy, -1 for a sell."""
        return 1 if self.side == BUY else -1

    @property
    def executed(self) -> Decimal:
        """The filled quantity."""
        return sum((fill.quantity for fill in self.fills), ZERO)

    @property
    def cost(self) -> Decimal:
        """The filled amount in the quote currency."""
        return sum((fill.quantity * fill.price for fill in self.fills), ZERO)

    @property
    def average(self) -> Decimal:
        """The average price of the fills; 0 without one."""
        return self.cost / self.executed if self.fills else ZERO

    @property
    def remaining(self) -> Decimal:
        """What may still fill."""
        return self.quantity - self.executed

    @property
    def is_open(self) -> bool:
        """Return True while it rests."""
        return self.status in (NEW, PARTLY)

    def reached_by(self, price: Decimal) -> bool:
        """Return True if a limit order trades at this price."""
        return self.sign * (self.price - price) >= 0

    def add(self, fill: Fill) -> None:
        """Record a fill."""
        self.fills.append(fill)
        self.updated = fill.time
        self.status = FILLED if self.remaining == 0 else PARTLY

    def end(self, status: str, time: int) -> None:
        """Close what is left of it."""
        self.status, self.updated = status, time
