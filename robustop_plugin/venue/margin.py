"""Futures account of the loopback Binance: USD-M, one-way, isolated margin."""

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

    The venue never liquidates. Closing a position loses at most the margin of the closed part, which is no more
    than a liquidation at Binance would have taken.

    Attributes:
        totals: wallet balance by settle currency, in that currency.
        positions: position by symbol.
        leverages: leverage of new orders, by symbol.
        isolated: symbols whose margin type has been set to isolated.
    """

    def __init__(self, deposits: Mapping[str, Decimal]) -> None:
        """Start with deposits, by settle currency."""
        self.totals: dict[str, Decimal] = defaultdict(Decimal, deposits)
        self.positions: dict[str, Position] = defaultdict(Position)
        self.leverages: dict[str, int] = defaultdict(lambda: DEFAULT_LEVERAGE)
        self.isolated: set[str] = set()
        self._settles: dict[str, str] = {}

    def admit(self, order: Order, resting: Sequence[Order]) -> None:
        """Check that margin covers a new order, and that a reduce-only order has a position to reduce."""
        symbol, settle = order.market.symbol, order.market.settle
        closes = self.positions[symbol].closed_by(order.sign, order.quantity)
        if order.reduces:
            if closes == 0:
                raise Refusal(-2022, "ReduceOnly Order is rejected.")
            return
        # A resting order locks margin for its full quantity: the position may be closed before it fills.
        opens = order.quantity - closes if order.kind == MARKET else order.quantity
        if _claim(order, opens) > self.free(settle, resting):
            raise Refusal(-2019, "Margin is insufficient.")

    def free(self, settle: str, resting: Sequence[Order]) -> Decimal:
        """Return the balance that new orders may use, in the settle currency."""
        return self.totals[settle] - self.held(settle) - self.locked(settle, resting)

    def held(self, settle: str) -> Decimal:
        """Return the margin of all positions, in the settle currency."""
        symbols = [symbol for symbol, settled_in in self._settles.items() if settled_in == settle]
        return sum((self.positions[symbol].margin for symbol in symbols), ZERO)

    def locked(self, settle: str, resting: Sequence[Order]) -> Decimal:
        """Return the margin and fees that open orders lock; reduce-only orders lock nothing."""
        opening = [order for order in resting if order.market.settle == settle and not order.reduces]
        return sum((_claim(order, order.remaining) for order in opening), ZERO)

    def fillable(self, order: Order) -> Decimal:
        """Return the remaining quantity; for a reduce-only order, at most the position's."""
        if order.reduces:
            return self.positions[order.market.symbol].closed_by(order.sign, order.remaining)
        return order.remaining

    def fund(self, symbol: str, settle: str, amount: Decimal) -> Decimal:
        """Add a funding payment, or take it, from the margin of a position; return what was paid."""
        paid = max(amount, -self.positions[symbol].margin)
        self.positions[symbol].margin += paid
        self.totals[settle] += paid
        return paid

    def book(self, order: Order, price: Decimal, quantity: Decimal, *, maker: bool) -> Booked:
        """Apply a fill: it closes an opposite position first, and the rest opens a position."""
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
    """Return margin and fee of opening a quantity at the order's assumed price, in the settle currency."""
    notional = order.assumed * quantity
    return ceiling(notional / order.leverage + notional * TAKER_FEE)
