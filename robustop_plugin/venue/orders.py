"""Order matching of the loopback Binance: orders are placed, filled by trades or by hand, and canceled.

The book is deep enough for any order, so an order that crosses it fills completely at once. Any other order rests
until a trade reaches its price, then fills completely at that price. Only control calls fill in part. A stop-limit
order waits until a trade reaches its stop; from then on it is a limit order, so after a gap beyond its limit it rests.
"""

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal

from robustop_plugin.venue.decimals import exact
from robustop_plugin.venue.instrument import Instrument
from robustop_plugin.venue.journal import Journal
from robustop_plugin.venue.ledger import Ledger
from robustop_plugin.venue.order import BUY, CANCELED, EXPIRED, GOOD_TILL_CANCELED, MARKET, Fill, Order, is_beyond
from robustop_plugin.venue.order_request import OrderRequest
from robustop_plugin.venue.refusal import Refusal, closed_market, no_order, nothing_to_cancel

Filters = Callable[[Instrument, OrderRequest, Decimal, Sequence[Order]], None]


class Orders:
    """All orders of one account since the venue was created.

    Attributes:
        filters: checks a request beside the open orders of its symbol; raises Refusal if a filter is broken.
        on_change: called with symbol and time (ms since the epoch) after an order is placed, triggers, fills or ends.
    """

    def __init__(self, ledger: Ledger, filters: Filters, numbers: Iterator[int], journal: Journal) -> None:
        """Start without orders.

        Args:
            ledger: the account that pays for the orders.
            filters: checks a request.
            numbers: source of ids for orders and fills.
            journal: records the fills.
        """
        self.filters = filters
        self.on_change: list[Callable[[str, int], None]] = []
        self._ledger = ledger
        self._numbers = numbers
        self._journal = journal
        self._all: dict[int, Order] = {}
        self._open: dict[int, Order] = {}

    def watch(self, instrument: Instrument) -> None:
        """Subscribe to a market's trades, which fill its resting orders, and to its end."""
        instrument.on_end.append(lambda time: self.expire(instrument.market.symbol, time))
        instrument.on_trade.append(lambda time, price: self._on_trade(instrument, time, exact(price)))

    def place(
        self, instrument: Instrument, request: OrderRequest, now: int, leverage: int = 1, *, forced: bool = False
    ) -> Order:
        """Place a new order, and fill it at once if it crosses the book.

        Args:
            instrument: its market.
            request: the order.
            now: time of placement, in milliseconds since the epoch.
            leverage: leverage of a position that it opens.
            forced: True for an order of the exchange itself, to which filters and halts do not apply.

        Raises:
            Refusal: the market has no price, a filter is broken, funds are insufficient, or a stop is already reached.
        """
        bid, ask = instrument.bid, instrument.ask
        if bid is None or ask is None or not (forced or instrument.listing.trades(now)):
            raise closed_market(instrument.market)
        buys, by_market = request.side == BUY, request.kind == MARKET
        best, last = exact(ask if buys else bid), exact(instrument.tape.last or 0)
        if not forced:
            self.filters(instrument, request, best, self.resting(request.symbol))
        if request.stop and is_beyond(request.side, request.stop, last):
            raise Refusal(-2010, "Stop price would trigger immediately.")
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
            stop=request.stop,
        )
        self._ledger.admit(order, self.resting())
        self._all[number] = self._open[number] = order
        self._changed(order, now)
        if not order.is_waiting:
            self._match(order, best, now)
        return order

    def resting(self, symbol: str | None = None) -> list[Order]:
        """Return the open orders of one symbol or of all, oldest first."""
        self._open = {number: order for number, order in self._open.items() if order.is_open}
        return [order for order in self._open.values() if symbol in (None, order.market.symbol)]

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
        if number is None:
            number = next((order.number for order in self.all(symbol) if order.client == client), 0)
        if number not in self._all or self._all[number].market.symbol != symbol:
            raise no_order()
        return self._all[number]

    def cancel(self, order: Order, now: int) -> None:
        """Cancel an open order.

        Raises:
            Refusal: the order is not open.
        """
        if not order.is_open:
            raise nothing_to_cancel()
        order.end(CANCELED, now)
        self._changed(order, now)

    def expire(self, symbol: str, time: int) -> None:
        """Expire the open orders of a symbol, as the exchange does in a liquidation or a delisting."""
        for order in self.resting(symbol):
            order.end(EXPIRED, time)
            self._changed(order, time)

    def fill(self, order: Order, quantity: Decimal, now: int) -> None:
        """Fill a quantity of an open order at its limit price."""
        self._fill(order, order.price, quantity, now, maker=True)

    def _on_trade(self, instrument: Instrument, time: int, price: Decimal) -> None:
        """Fill the resting orders that a trade at this price reaches, and trigger stops."""
        for order in self.resting(instrument.market.symbol):
            if order.is_waiting:
                if order.triggered_by(price):
                    order.trigger(time)
                    self._changed(order, time)
                    best = instrument.ask if order.side == BUY else instrument.bid
                    self._match(order, exact(best or 0), time)
            elif order.is_open and order.reached_by(price):
                self._fill(order, order.price, order.remaining, time, maker=True)

    def _match(self, order: Order, best: Decimal, now: int) -> None:
        """Fill an order that crosses the book; otherwise let it rest, or expire if it must not."""
        by_market = order.kind == MARKET
        if by_market or order.reached_by(best):
            self._fill(order, best, order.remaining, now, maker=False)
        if order.is_open and (by_market or order.force != GOOD_TILL_CANCELED):
            order.end(EXPIRED, now)
            self._changed(order, now)

    def _fill(self, order: Order, price: Decimal, quantity: Decimal, time: int, *, maker: bool) -> None:
        if filled := min(quantity, self._ledger.fillable(order)):
            booked = self._ledger.book(order, price, filled, maker=maker)
            number = next(self._numbers)
            fill = Fill(number, time, price, filled, booked.commission, booked.asset, booked.realized, maker)
            order.add(fill)
            self._journal.fill(order, fill)
            self._changed(order, time)
        self._expire_reducing(order.market.symbol, time)

    def _expire_reducing(self, symbol: str, time: int) -> None:
        """Expire resting reduce-only orders that have no position left to reduce."""
        for order in self.resting(symbol):
            if order.reduces and self._ledger.fillable(order) == 0:
                order.end(EXPIRED, time)
                self._changed(order, time)

    def _changed(self, order: Order, time: int) -> None:
        for listener in self.on_change:
            listener(order.market.symbol, time)
