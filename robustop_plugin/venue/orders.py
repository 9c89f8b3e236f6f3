"""Order matching of the loopback Binance: orders are placed, filled by trades or by hand, and canceled.

The book is deep enough for any order, so an order that crosses it fills completely at once. Any other order rests
until a trade reaches its price, then fills completely at that price. Only control calls fill in part.
"""

from collections.abc import Callable, Iterator
from decimal import Decimal

from robustop_plugin.venue.decimals import exact
from robustop_plugin.venue.instrument import Instrument
from robustop_plugin.venue.ledger import Ledger
from robustop_plugin.venue.market import Market
from robustop_plugin.venue.order import BUY, CANCELED, EXPIRED, GOOD_TILL_CANCELED, MARKET, Fill, Order
from robustop_plugin.venue.order_request import OrderRequest
from robustop_plugin.venue.refusal import Refusal, no_order, nothing_to_cancel

Filters = Callable[[Market, OrderRequest, Decimal], None]


class Orders:
    """All orders of one account since the venue was created.

    Attributes:
        filters: checks a request; raises Refusal if a filter is broken.
    """

    def __init__(self, ledger: Ledger, filters: Filters, numbers: Iterator[int]) -> None:
        """Start without orders.

        Args:
            ledger: the account that pays for the orders.
            filters: checks a request.
            numbers: source of ids for orders and fills.
        """
        self.filters = filters
        self._ledger = ledger
        self._numbers = numbers
        self._all: dict[int, Order] = {}

    def watch(self, instrument: Instrument) -> None:
        """Subscribe to a market's trades, which fill its resting orders."""
        instrument.on_trade = lambda time, price: self._fill_reached(instrument.market.symbol, time, exact(price))

    def place(self, instrument: Instrument, request: OrderRequest, now: int, leverage: int = 1) -> Order:
        """Place a new order, and fill it at once if it crosses the book.

        Raises:
            Refusal: the market has no price, a filter is broken, or funds are insufficient.
        """
        bid, ask = instrument.bid, instrument.ask
        if bid is None or ask is None:
            raise Refusal(-1013, "Market is closed.")
        buys, by_market = request.side == BUY, request.kind == MARKET
        best = exact(ask if buys else bid)
        self.filters(instrument.market, request, best)
        number = next(self._numbers)
        order = Order(
            number,
            request.client or f"venue{number}",
            instrument.market,
            request.side,
            request.kind,
            request.quantity,
            request.price,
            request.force,
            now,
            now,
            # A buy pays at most its limit; a sell receives at least its limit.
            assumed=best if by_market else request.price if buys else max(request.price, best),
            leverage=leverage,
            reduces=request.reduces,
        )
        self._ledger.admit(order, self.resting())
        self._all[number] = order
        if by_market or order.reached_by(best):
            self._fill(order, best, order.remaining, now, maker=False)
        if order.is_open and (by_market or order.force != GOOD_TILL_CANCELED):
            order.end(EXPIRED, now)
        return order

    def resting(self, symbol: str | None = None) -> list[Order]:
        """Return the open orders of one symbol or of all, oldest first."""
        return [order for order in self.all(symbol) if order.is_open]

    def all(self, symbol: str | None = None) -> list[Order]:
        """Return all orders of one symbol or of all, oldest first."""
        return [order for order in self._all.values() if symbol in (None, order.market.symbol)]

    def numbered(self, number: int) -> Order | None:
        """Return the order with an id; None if there is none."""
        return self._all.get(number)

    def of(self, symbol: str, number: int | None, client: str | None) -> Order:
        """Return an order by one of its ids.

        Raises:
            Refusal: the order does not exist.
        """
        for order in self.all(symbol):
            if number == order.number or (number is None and client == order.client):
                return order
        raise no_order()

    def cancel(self, order: Order, now: int) -> None:
        """Cancel an open order.

        Raises:
            Refusal: the order is not open.
        """
        if not order.is_open:
            raise nothing_to_cancel()
        order.end(CANCELED, now)

    def fill(self, order: Order, quantity: Decimal, now: int) -> None:
        """Fill a quantity of an open order at its limit price."""
        self._fill(order, order.price, quantity, now, maker=True)

    def _fill_reached(self, symbol: str, time: int, price: Decimal) -> None:
        """Fill the resting orders that a trade at this price reaches."""
        for order in self.resting(symbol):
            if order.is_open and order.reached_by(price):
                self._fill(order, order.price, order.remaining, time, maker=True)

    def _fill(self, order: Order, price: Decimal, quantity: Decimal, time: int, *, maker: bool) -> None:
        if filled := min(quantity, self._ledger.fillable(order)):
            booked = self._ledger.book(order, price, filled, maker=maker)
            number = next(self._numbers)
            fill = Fill(number, time, price, filled, booked.commission, booked.asset, booked.realized, maker)
            order.add(fill)
        self._expire_reducing(order.market.symbol, time)

    def _expire_reducing(self, symbol: str, time: int) -> None:
        """Expire resting reduce-only orders that have no position left to reduce."""
        for order in self.resting(symbol):
            if order.reduces and self._ledger.fillable(order) == 0:
                order.end(EXPIRED, time)
