"""The futures account: USD-M, one-way, isolated margin."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal

from robustop_plugin.venue.decimals import ceiling, floor
from robustop_plugin.venue.ledger import Booked
from robustop_plugin.venue.order import MARKET, ZERO, Order
from robustop_plugin.venue.position import Position
from robustop_plugin.venue.refusal import Refusal

MAKER_FEE, TAKER_FEE = Decimal("0.0002"), Decimal("0.0005")  # of the notional, in the settle currency
DEFAULT_LEVERAGE = 20


class Margin:
    """Balances and positions of futures.

    A loss is at most the margin of the part that is closed: where Binance would have liquidated, the venue
    lets the position stand and takes no more than Binance would have taken.

    Attributes:
        totals: wallet balances, by settle currency.
        positions: by symbol.
        leverages: by symbol.
        isolated: symbols whose margin type has been set.
    """

    def __init__(self, deposits: Mapping[str, Decimal]) -> None:
        """Take what is there from the beginning, by settle currency."""
        self.totals: dict[str, Decimal] = defaultdict(Decimal, deposits)
        self.positions: dict[str, Position] = defaultdict(Position)
        self.leverages: dict[str, int] = defaultdict(lambda: DEFAULT_LEVERAGE)
        self.isolated: set[str] = set()
        self._settles: dict[str, str] = {}

    def admit(self, order: Order, resting: Sequence[Order]) -> None:
        """Refuse an order without margin, and one that may only reduce but cannot."""
        symbol, settle = order.market.symbol, order.market.settle
        closes = self.positions[symbol].closed_by(order.sign, order.quantity)
        if order.reduces:
            if closes == 0:
                raise Refusal(-2022, "ReduceOnly Order is rejected.")
            return
        # A resting order locks margin for all of it: the position may be gone when it fills.
        opens = order.quantity - closes if order.kind == MARKET else order.quantity
        if _claim(order, opens) > self.free(settle, resting):
            raise Refusal(-2019, "Margin is insufficient.")

    def free(self, settle: str, resting: Sequence[Order]) -> Decimal:
        """Return what new orders may use."""
        return self.totals[settle] - self.held(settle) - self.locked(settle, resting)

    def held(self, settle: str) -> Decimal:
        """Return the margin of all positions."""
        return sum((self.positions[name].margin for name, one in self._settles.items() if one == settle), ZERO)

    def locked(self, settle: str, resting: Sequence[Order]) -> Decimal:
        """Return what the open orders lock: margin and fee of all that does not only reduce."""
        mine = [order for order in resting if order.market.settle == settle and not order.reduces]
        return sum((_claim(order, order.remaining) for order in mine), ZERO)

    def fillable(self, order: Order) -> Decimal:
        """Return what is left of the order; one that may only reduce closes at most the position."""
        if order.reduces:
            return self.positions[order.market.symbol].closed_by(order.sign, order.remaining)
        return order.remaining

    def book(self, order: Order, price: Decimal, quantity: Decimal, *, maker: bool) -> Booked:
        """Close the other side's position first, then open."""
        symbol, settle = order.market.symbol, order.market.settle
        self._settles[symbol] = settle
        position, fee = self.positions[symbol], MAKER_FEE if maker else TAKER_FEE
        closes = position.closed_by(order.sign, quantity)
        commission = realized = ZERO
        if closes:
            profit, freed = position.close(price, closes)
            commission = floor(price * closes * fee)
            realized = max(profit, commission - freed)
            self.totals[settle] += realized - commission
        if opens := quantity - closes:
            position.open(order.sign, price, opens, order.leverage)
            opening = floor(price * opens * fee)
            self.totals[settle] -= opening
            commission += opening
        return Booked(commission, settle, realized)


def _claim(order: Order, quantity: Decimal) -> Decimal:
    """Return margin and fee of opening this much at the price that the order assumes."""
    notional = order.assumed * quantity
    return ceiling(notional / order.leverage + notional * TAKER_FEE)
