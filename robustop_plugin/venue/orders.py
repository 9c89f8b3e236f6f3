"""The orders of spot or futures: placed, filled by ticks or by hand, canceled.

The book is as deep as any order needs: an order that crosses it fills at once and whole. Everything else rests,
and fills whole at its own price when a trade reaches that. Only the control API fills in part.
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
    """All orders since the venue was started.

    Attributes:
        filters: refuse an order that breaks one.
    """

    def __init__(self, ledger: Ledger, filters: Filters, numbers: Iterator[int]) -> None:
        """Begin without orders.

        Args:
            ledger: the account.
            filters: checks a request.
            numbers: ids of orders and fills.
        """
        self.filters = filters
        self._ledger = ledger
        self._numbers = numbers
        self._all: dict[int, Order] = {}

    def watch(self, instrument: Instrument) -> None:
        """Let the trades of a market fill orders from now on."""
        instrument.on_trade = lambda time, price: self._reach(instrument.market.symbol, time, exact(price))

    def place(self, instrument: Instrument, request: OrderRequest, now: int, leverage: int = 1) -> Order:
        """Take a new order.

        Raises:
            Refusal: a filter is broken, or funds are missing.
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
            # A buy pays its limit at most; a sell gets its limit at least.
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
        """Return the open orders, of one symbol or all, oldest first."""
        return [order for order in self.all(symbol) if order.is_open]

    def all(self, symbol: str | None = None) -> list[Order]:
        """Return every order, of one symbol or all, oldest first."""
        return [order for order in self._all.values() if symbol in (None, order.market.symbol)]

    def numbered(self, number: int) -> Order | None:
        """Return the order with an id."""
        return self._all.get(number)

    def of(self, symbol: str, number: int | None, client: str | None) -> Order:
        """Return an order by one of its ids.

        Raises:
            Refusal: it does not exist.
        """
        for order in self.all(symbol):
            if number == order.number or (number is None and client == order.client):
                return order
        raise no_order()

    def cancel(self, order: Order, now: int) -> None:
        """Cancel an open order.

        Raises:
            Refusal: it is not open.
        """
        if not order.is_open:
            raise nothing_to_cancel()
        order.end(CANCELED, now)

    def fill(self, order: Order, quantity: Decimal, now: int) -> None:
        """Fill an open order at its own price, whole or in part."""
        self._fill(order, order.price, quantity, now, maker=True)

    def _reach(self, symbol: str, time: int, price: Decimal) -> None:
        """Fill what a trade at this price reaches."""
        for order in self.resting(symbol):
            if order.is_open and order.reached_by(price):
                self._fill(order, order.price, order.remaining, time, maker=True)

    def _fill(self, order: Order, price: Decimal, quantity: Decimal, time: int, *, maker: bool) -> None:
        if filled := min(quantity, self._ledger.fillable(order)):
            booked = self._ledger.book(order, price, filled, maker=maker)
            number = next(self._numbers)
            fill = Fill(number, time, price, filled, booked.commission, booked.asset, booked.realized, maker)
            order.add(fill)
        self._expire(order.market.symbol, time)

    def _expire(self, symbol: str, time: int) -> None:
        """End the orders that may only reduce a position that is gone."""
        for order in self.resting(symbol):
            if order.reduces and self._ledger.fillable(order) == 0:
                order.end(EXPIRED, time)
