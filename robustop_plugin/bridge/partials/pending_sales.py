"""Keeps track of partial exits that Freqtrade was asked for, until they are answered.

An order may be accepted while its answer is lost. Freqtrade then knows nothing of it, and would sell the same part
again. So each request is written to the trade's state before Freqtrade gets it. While it is unanswered, nothing is
asked for: the exchange's orders since then show whether it was filled. If there is none, it was refused, and is asked
for again later and later, because Freqtrade cancels a stop order on the exchange before each attempt.

A filled order that is found at the beginning of a loop becomes one of the trade's orders, with its tag. Freqtrade's own
recovery begins only where coins are missing, and replays all orders: an exit of just the amount that is left closes the
trade (`unlike_the_rest` in `orders.py`). Perpetuals it does not recover at all.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from freqtrade.exceptions import FreqtradeException
from freqtrade.persistence import Order, Trade

from robustop_plugin.bridge.facts.order_search import ROUNDED, WALLET, OrderSearch, UnknownOrder
from robustop_plugin.bridge.messages.message import Message
from robustop_plugin.bridge.state.recorder import Recorder
from robustop_plugin.core.exchange_orders import PendingRequest
from robustop_plugin.core.trade_state import TradeState

logger = logging.getLogger(__name__)

FIRST_WAIT = 60.0
"""Seconds until a refused partial exit is asked for again; doubled after each refusal."""
LONGEST_WAIT = 3600.0


@dataclass
class PendingSales:
    """The requests for partial exits of one bot's trades.

    Attributes:
        search: Searches the exchange's orders.
        recorder: Records answers that were lost, and refusals.
        futures: True if positions are futures, of which Freqtrade does not find lost sales by itself.
        refresh_wallets: Lets Freqtrade read its balances; it notices a sale that it does not know only by them.
        reloads: True if Freqtrade may read a trade's orders from the exchange again, which a dry run cannot.
    """

    search: OrderSearch
    recorder: Recorder
    futures: bool
    refresh_wallets: Callable[[], None]
    reloads: bool = False

    def settle(self, trade: Trade, state: TradeState, now: datetime, *, adopts: bool = False) -> None:
        """Find out what became of an unanswered request; call it once in each loop.

        Args:
            trade: Freqtrade's trade itself, no copy.
            state: The state of the trade.
            now: The current time.
            adopts: True at the beginning of a loop, when the trade may be changed: a filled order is made one of it.
        """
        request = state.orders.sale
        if request is None:
            return
        if any(order.ft_order_tag == request.tag and order.order_id not in request.known for order in trade.orders):
            self._forget(trade, state, refusals=0)
        elif (order := _recovered(trade, state, request)) is not None:
            self._found(trade, state, request, order.order_id, order.safe_price, now)
        elif state.orders.wait_until <= now.timestamp():
            self._search(trade, state, request, now, adopts=adopts)

    def note(self, trade: Trade, state: TradeState, tag: str, amount: float, now: datetime) -> bool:
        """Write a request to the database before Freqtrade gets it; return False if that failed: it must not get it."""
        known = tuple(sorted({order.order_id for order in trade.orders}))
        request = PendingRequest(tag, now.timestamp(), amount, known)
        before, state.orders = state.orders, state.orders._replace(sale=request, wait_until=0.0)
        if self.recorder.say_asked(trade, state, tag, amount):
            return True
        state.orders = before
        logger.warning("robustop: %s of %s waits, as the database does not take the request", tag, trade.pair)
        return False

    @staticmethod
    def was_found(state: TradeState, tag: str) -> bool:
        """Return True if an order with this tag was filled, although its answer was lost."""
        return any(known == tag for _, known in state.orders.found)

    def _forget(self, trade: Trade, state: TradeState, refusals: int) -> None:
        state.orders = state.orders._replace(sale=None, wait_until=0.0, refusals=refusals)
        self.recorder.store.put(trade, state, event=True)

    def _search(self, trade: Trade, state: TradeState, request: PendingRequest, now: datetime, *, adopts: bool) -> None:
        """Search the exchange's orders. Without one that answers the request, it was refused, and has to wait."""
        try:
            unknown_orders = self.search.unknown_orders(trade.pair, request.asked_at, request.known)
        except FreqtradeException:
            logger.exception("robustop: the orders of %s are unknown: no part of it is sold until they are", trade.pair)
            return
        like = [order for order in unknown_orders if _answers(order, trade, state, request)]
        for order in like:
            if not order.is_open:
                sale = _adopted(trade, request, order) if adopts else None
                self._found(trade, state, request, order.order_id, None if sale is None else sale.safe_price, now)
                return
        if like:
            logger.warning(
                "robustop: order %s of %s rests, and Freqtrade does not know it", like[0].order_id, trade.pair
            )
        elif state.orders.wait_until:
            # It has waited long enough, and there is still no such order.
            self._forget(trade, state, refusals=state.orders.refusals)
        else:
            self._refused(trade, state, request, now)

    def _found(
        self,
        trade: Trade,
        state: TradeState,
        request: PendingRequest,
        order_id: str,
        price: float | None,
        now: datetime,
    ) -> None:
        """Take the rung of an order that was filled, although its answer was lost."""
        found = (*state.orders.found, (order_id, request.tag))
        state.orders = state.orders._replace(sale=None, wait_until=0.0, refusals=0, found=found)
        text = f"{request.tag} of {trade.pair} was filled, but its answer was lost (order {order_id})"
        if self.futures and all(order.order_id != order_id for order in trade.orders):
            text += ": reload the trade with /reload_trade, as Freqtrade does not find it by itself"
        logger.warning("robustop: %s", text)
        self.recorder.errors.notify(Message(text, f"order {order_id}"), pair=trade.pair)
        stop = state.memory.stop
        if trade.is_open:
            self.recorder.commit(
                trade, state, now, "reduce", price=price, old_stop=stop, reason=f"{request.tag}: answer lost"
            )
        try:
            self.refresh_wallets()
        except Exception:
            logger.exception("robustop: the balances were not read; Freqtrade reads them within an hour")

    def _refused(self, trade: Trade, state: TradeState, request: PendingRequest, now: datetime) -> None:
        refusals = state.orders.refusals + 1
        wait = min(FIRST_WAIT * 2 ** (refusals - 1), LONGEST_WAIT)
        state.orders = state.orders._replace(refusals=refusals, wait_until=request.asked_at + wait)
        logger.warning("robustop: %s of %s was refused; it is tried again in %g s", request.tag, trade.pair, wait)
        reason = f"{request.tag}: refused, and tried again {wait:g} s later"
        self.recorder.commit(trade, state, now, "wait", old_stop=state.memory.stop, reason=reason)


def _adopted(trade: Trade, request: PendingRequest, found: UnknownOrder) -> Order:
    """Make a filled order one of the trade's orders, and let Freqtrade count it."""
    order = Order.parse_from_ccxt_object(found.report, trade.pair, trade.exit_side)
    order.ft_order_tag = trade.exit_reason = request.tag
    trade.orders.append(order)
    trade.update_trade(order)
    return order


def _recovered(trade: Trade, state: TradeState, request: PendingRequest) -> Order | None:
    """Return an order that Freqtrade has found without a tag, and that answers a request."""
    taken = {number for number, _ in state.orders.found}
    for order in trade.select_filled_orders(trade.exit_side):
        is_new = order.order_id not in request.known and order.order_id not in taken
        amount = order.safe_filled
        if is_new and not order.ft_order_tag and request.amount * WALLET <= amount <= request.amount * (1 + ROUNDED):
            return order
    return None


def _answers(order: UnknownOrder, trade: Trade, state: TradeState, request: PendingRequest) -> bool:
    """Return True if an unknown order is the one that was asked for: filled, or resting."""
    taken = {number for number, _ in state.orders.found}
    is_there = order.is_open or order.filled > 0
    is_new = order.order_id not in taken and order.stop_price is None
    return is_new and is_there and order.is_like(trade.exit_side, request.amount)
