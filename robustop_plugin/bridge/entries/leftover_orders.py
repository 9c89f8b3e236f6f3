"""Cancels orders that still rest when their trade is closed, such as an addition below a stop that was filled.

If a stop order on the exchange closes a trade, Freqtrade forgets the other orders of that trade. A resting addition
would be filled later, and nobody would ever sell what it bought. So it is canceled in the next loop. Whatever was
filled of it meanwhile is reported.
"""

import logging
import time
from collections.abc import Callable
from typing import Any

from freqtrade.persistence import Order, Trade
from sqlalchemy import select

from robustop_plugin.bridge.messages.message import Message

logger = logging.getLogger(__name__)

SECONDS_BETWEEN_TRIES = 10.0
"""After an error, or while an order cannot be canceled."""


class LeftoverOrders:
    """The resting orders of one bot's closed trades. At start, those that an earlier process has left."""

    def __init__(self, exchange: Any, notify: Callable[[str], None]) -> None:
        """Take Freqtrade's exchange, and what sends messages."""
        self._exchange = exchange
        self._notify = notify
        self._is_needed = True
        self._next_try = 0.0

    def note(self, trade: Trade) -> None:
        """Look at a trade after a fill: search for its orders in the next loop if it is closed and some still rest."""
        self._is_needed = self._is_needed or (not trade.is_open and trade.has_open_orders)

    def cancel(self) -> None:
        """Cancel what rests; called in each loop."""
        if not self._is_needed or time.monotonic() < self._next_try:
            return
        try:
            rest = [self._still_rests(order) for order in _leftovers()]
            self._is_needed = any(rest)
        except Exception:
            # An exchange in trouble may hold up each request, and with it the stops of all positions.
            logger.exception("robustop: an order of a closed trade could not be canceled; it is tried again")
        self._next_try = time.monotonic() + SECONDS_BETWEEN_TRIES if self._is_needed else 0.0

    def _still_rests(self, order: Order) -> bool:
        """Cancel an order of a closed trade; return True if it may still be filled."""
        number, pair = order.order_id, order.ft_pair
        result = self._exchange.cancel_order_with_result(number, pair, order.safe_amount)
        Order.update_orders([order], result)
        filled = float(result.get("filled") or 0.0)
        if order.ft_is_open:
            logger.warning("robustop: order %s of %s still rests, and its trade is closed", number, pair)
        elif filled:
            text = (
                f"unexplained position in {pair}: order {number} of closed trade {order.ft_trade_id} has filled "
                f"{filled:.8g}, and nothing protects it. Close it by hand"
            )
            logger.error("robustop: %s", text)
            self._notify(Message(text, f"order {number}"))
        else:
            logger.warning("robustop: order %s of %s is canceled, as its trade is closed", number, pair)
        return bool(order.ft_is_open)


def _leftovers() -> list[Order]:
    """Return the open orders of closed trades. Stop orders are canceled by Freqtrade itself."""
    wanted = Order.ft_is_open.is_(True), Order.ft_order_side != "stoploss", Trade.is_open.is_(False)
    query = select(Order).join(Trade, Order.ft_trade_id == Trade.id).where(*wanted)
    return list(Order.session.scalars(query).all())
