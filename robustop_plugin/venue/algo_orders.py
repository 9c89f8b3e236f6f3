"""Conditional orders of the loopback Binance's futures account: placed, triggered by a price, canceled.

As at Binance, margin and position are not checked before a trigger. A reduce-only order therefore outlives its
position, and is rejected if it triggers without one; a close-position order expires with the position.
"""

from collections.abc import Iterator

from robustop_plugin.venue.algo_order import REJECTED, AlgoOrder, AlgoRequest, is_reached
from robustop_plugin.venue.filters import check_algo
from robustop_plugin.venue.instrument import Instrument
from robustop_plugin.venue.margin import Margin
from robustop_plugin.venue.order import BUY, CANCELED, EXPIRED
from robustop_plugin.venue.orders import Orders
from robustop_plugin.venue.refusal import Refusal, no_order, nothing_to_cancel


class AlgoOrders:
    """All conditional orders since the venue was created."""

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
        orders.on_fill.append(self._expire_closing)

    def watch(self, instrument: Instrument) -> None:
        """Subscribe to a market's trades and mark prices."""
        instrument.on_trade.append(lambda time, _: self._check(instrument, time))
        instrument.on_mark.append(lambda time: self._check(instrument, time))

    def place(self, instrument: Instrument, request: AlgoRequest, now: int) -> AlgoOrder:
        """Place a conditional order.

        Raises:
            Refusal: a filter is broken, or the trigger price is already reached.
        """
        symbol = request.order.symbol
        waiting = [order for order in self.all(symbol) if order.is_waiting]
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
        self._all[order.number] = order
        return order

    def all(self, symbol: str | None = None) -> list[AlgoOrder]:
        """Return all conditional orders of one symbol or of all, oldest first."""
        return [order for order in self._all.values() if symbol in (None, order.request.order.symbol)]

    def waiting(self, symbol: str | None = None) -> list[AlgoOrder]:
        """Return those that may still trigger, oldest first."""
        return [order for order in self.all(symbol) if order.is_waiting]

    def of(self, number: int | None, client: str | None) -> AlgoOrder:
        """Return a conditional order by one of its ids.

        Raises:
            Refusal: it does not exist.
        """
        for order in self._all.values():
            if number == order.number or (number is None and client == order.client):
                return order
        raise no_order()

    def cancel(self, order: AlgoOrder, now: int) -> None:
        """Cancel a conditional order that has not triggered.

        Raises:
            Refusal: it has triggered or ended.
        """
        if not order.is_waiting:
            raise nothing_to_cancel()
        order.end(CANCELED, now)

    def _expire_closing(self, symbol: str, time: int) -> None:
        """Expire the close-position orders of a symbol without a position."""
        if not self._margin.positions[symbol].amount:
            for order in self.waiting(symbol):
                if order.request.closes:
                    order.end(EXPIRED, time)

    def _check(self, instrument: Instrument, time: int) -> None:
        """Trigger the orders whose price is reached, oldest first."""
        symbol = instrument.market.symbol
        for order in self.waiting(symbol):
            # An earlier one in this list may have closed the position.
            if order.is_waiting and is_reached(order.request, instrument):
                self._trigger(order, instrument, time)

    def _trigger(self, order: AlgoOrder, instrument: Instrument, time: int) -> None:
        order.triggered = order.updated = time
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
