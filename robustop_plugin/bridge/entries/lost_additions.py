"""Refuses to add to a trade again what was added already, although the answer of the exchange was lost."""

import logging

from freqtrade.persistence import Trade

from robustop_plugin.bridge.entries.checks import ProposedEntry
from robustop_plugin.bridge.facts.order_search import OrderSearch, UnknownOrder
from robustop_plugin.bridge.messages.message import Message
from robustop_plugin.bridge.state.recorder import Recorder
from robustop_plugin.core.exchange_orders import PendingRequest

logger = logging.getLogger(__name__)

NEAR = 0.05
"""As a ratio: Freqtrade rounds the amount of an addition, and a strategy may choose another price for it."""
TAG = "addition"


class LostAdditions:
    """The later entries of one bot, each written to the state of its trade before Freqtrade makes it.

    Attributes:
        search: Searches the exchange's orders.
        recorder: Keeps the states, and sends messages.
    """

    def __init__(self, search: OrderSearch, recorder: Recorder) -> None:
        """Take the search and the recorder."""
        self.search = search
        self.recorder = recorder

    def objection(self, trade: Trade, _: ProposedEntry) -> str | None:
        """Return why an addition is refused; None if the last one was answered, or never accepted.

        Raises:
            freqtrade.exceptions.FreqtradeException: The exchange cannot be asked, so the addition has to wait.
        """
        state = self.recorder.store.get(trade)
        request = None if state is None else state.orders.addition
        if state is None or request is None:
            return None
        if not any(
            order.ft_order_side == trade.entry_side and order.order_id not in request.known for order in trade.orders
        ):
            unknown_orders = self.search.unknown_orders(trade.pair, request.asked_at, request.known)
            order = next((order for order in unknown_orders if _is_like(order, trade, request)), None)
            if order is not None:
                return self._report(trade, order)
        state.orders = state.orders._replace(addition=None)
        self.recorder.store.put(trade, state, event=True)
        return None

    def note(self, trade: Trade, entry: ProposedEntry) -> str | None:
        """Write an addition to the database before Freqtrade makes it; return why it must not, None if it may."""
        state = self.recorder.store.get(trade)
        if state is None or entry.amount <= 0:
            return None
        request = PendingRequest(
            TAG, entry.now.timestamp(), entry.amount, tuple(sorted(o.order_id for o in trade.orders))
        )
        before, state.orders = state.orders, state.orders._replace(addition=request)
        if self.recorder.store.put_at_once(trade, state):
            return None
        state.orders = before
        return "the database does not take the request, so an addition whose answer is lost would be made twice"

    def _report(self, trade: Trade, order: UnknownOrder) -> str:
        """Return why an addition is refused; send a message for the first time."""
        reason = (
            f"order {order.order_id} of {order.amount:g} is on the exchange, and Freqtrade does not know it; reload "
            "the trade with /reload_trade, or close that part by hand"
        )
        record = self.recorder.store.open_trades.of(trade)
        if record.lost_addition != order.order_id:
            record.lost_addition = order.order_id
            logger.error("robustop: unexplained position in %s: %s", trade.pair, reason)
            text = f"unexplained position in {trade.pair}: {reason}"
            self.recorder.errors.notify(Message(text, f"order {order.order_id}"), "unexplained", trade.pair)
        return reason


def _is_like(order: UnknownOrder, trade: Trade, request: PendingRequest) -> bool:
    """Return True if an unknown order may be the addition: it rests or is filled, and is about as large."""
    is_there = order.stop_price is None and (order.is_open or order.filled > 0)
    same = order.side == trade.entry_side and abs(order.amount - request.amount) <= NEAR * request.amount
    return is_there and same
