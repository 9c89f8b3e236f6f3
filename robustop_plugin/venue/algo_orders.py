"""Conditional orders of the loopback Binance's futures account: placed, triggered by a price, canceled.

As at Binance, margin and position are not checked before a trigger. A reduce-only order therefore outlives its
position, and is rejected if it triggers without one; a close-position order expires with the position.
"""

from collections.abc import Callable, Iterator

from robustop_plugin.venue.algo_order import REJECTED, AlgoOrder, AlgoRequest, is_reached
from robustop_plugin.venue.filters import check_algo
from robustop_plugin.venue.instrument import Instrument
from robustop_plugin.venue.margin import Margin
from robustop_plugin.venue.order import BUY, CANCELED, EXPIRED
from robustop_plugin.venue.orders import Orders
from robustop_plugin.venue.refusal import Refusal, closed_market, no_order, nothing_to_cancel


class AlgoOrders:
    """All conditional orders since the venue was created.

    Attributes:
        on_change: called with symbol and time (ms since the epoch) after one is placed, triggered or closed.
    """

    def __init__(self, orders: Orders, margin: Margin, numbers: Iterator[int]) -> None:
        """Start without orders.

        Args:
            orders: takes the orders that are placed on a trigger.
            margin: the account with the positions.
            numbers: source of ids.
        """
        self._orders = orders
        self._margin = margin
        self._numbers = numbers
        self._all: dict[int, AlgoOrder] = {}
        self._open: dict[int, AlgoOrder] = {}
        self.on_change: list[Callable[[str, int], None]] = []
        orders.on_change.append(self._expire_closing)

    def watch(self, instrument: Instrument) -> None:
        """Subscribe to a market's trades, mark prices and end."""
        instrument.on_end.append(lambda time: self._expire(instrument.market.symbol, time))
        instrument.on_trade.append(lambda time, _: self._check(instrument, time))
        instrument.on_mark.append(lambda time: self._check(instrument, time))

    def place(self, instrument: Instrument, request: AlgoRequest, now: int) -> AlgoOrder:
        """Place a conditional order.

        Raises:
            Refusal: a filter is broken, or the trigger price is already reached.
        """
        symbol = request.order.symbol
        if not instrument.listing.trades(now):
            raise closed_market(instrument.market)
        waiting = self.waiting(symbol)
        check_algo(instrument, request, len(waiting))
        if is_reached(request, instrument):
            raise Refusal(-2021, "Order would immediately trigger.")
        if request.closes:
            if not self._margin.positions[symbol].amount:
                raise Refusal(-4509, "Time in Force (TIF) GTE can only be used with open positions.")
            if any(order.request.closes and order.request.order.side == request.order.side for order in waiting):
                message = "An open stop or take profit order with GTE and closePosition in the direction is existing."
                raise Refusal(-4130, message)
        order = AlgoOrder(next(self._numbers), request, now, now)
        self._all[order.number] = self._open[order.number] = order
        self._changed(order, now)
        return order

    def all(self, symbol: str | None = None) -> list[AlgoOrder]:
        """Return all conditional orders of one symbol or of all, oldest first."""
        return [order for order in self._all.values() if symbol in (None, order.request.order.symbol)]

    def waiting(self, symbol: str | None = None) -> list[AlgoOrder]:
        """Return those that may still trigger, oldest first."""
        self._open = {number: order for number, order in self._open.items() if order.is_waiting}
        return [order for order in self._open.values() if symbol in (None, order.request.order.symbol)]

    def of(self, number: int | None, client: str | None) -> AlgoOrder:
        """Return a conditional order by one of its ids.

        Raises:
            Refusal: it does not exist.
        """
        if number is None:
            number = next((order.number for order in self._all.values() if order.client == client), 0)
        if number not in self._all:
            raise no_order()
        return self._all[number]

    def cancel(self, order: AlgoOrder, now: int) -> None:
        """Cancel a conditional order that has not triggered.

        Raises:
            Refusal: it has triggered or ended.
        """
        if not order.is_waiting:
            raise nothing_to_cancel()
        order.end(CANCELED, now)
        self._changed(order, now)

    def _expire_closing(self, symbol: str, time: int) -> None:
        """Expire the close-position orders of a symbol without a position."""
        if not self._margin.positions[symbol].amount:
            self._expire(symbol, time, closing_only=True)

    def _expire(self, symbol: str, time: int, *, closing_only: bool = False) -> None:
        for order in self.waiting(symbol):
            if order.request.closes or not closing_only:
                order.end(EXPIRED, time)
                self._changed(order, time)

    def _check(self, instrument: Instrument, time: int) -> None:
        """Trigger the orders whose price is reached, oldest first."""
        symbol = instrument.market.symbol
        for order in self.waiting(symbol):
            # An earlier one in this list may have closed the position.
            if order.is_waiting and is_reached(order.request, instrument):
                self._trigger(order, instrument, time)

    def _trigger(self, order: AlgoOrder, instrument: Instrument, time: int) -> None:
        order.triggered = order.updated = time
        self._changed(order, time)
        request = order.request.order
        if order.request.closes:
            amount = self._margin.positions[request.symbol].amount
            opposite = amount * (1 if request.side == BUY else -1) < 0
            request = request._replace(quantity=abs(amount) if opposite else request.quantity)
        try:
            leverage = self._margin.leverages[request.symbol]
            order.actual = self._orders.place(instrument, request, time, leverage)
        except Refusal:
            # A reduce-only order without a position, a missing margin, a broken filter.
            order.end(REJECTED, time)

    def _changed(self, order: AlgoOrder, time: int) -> None:
        for listener in self.on_change:
            listener(order.request.order.symbol, time)
