"""Cancels stop orders that the exchange has accepted while the answer was lost, so that Freqtrade can place its own.

Freqtrade does not know such an order. Where a stop blocks the coins, Freqtrade can then neither place another one nor
sell; elsewhere two orders rest for one position. Only an order that Freqtrade was about to place is canceled: of the
trade's amount, at its stop. Any other stop order that nobody knows is reported, because it may be a person's.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from freqtrade.persistence import Trade

from robustop_plugin.bridge.entries.coin_fees import CoinFees
from robustop_plugin.bridge.exit_requests.stop_guard import SAME
from robustop_plugin.bridge.facts.order_search import UnknownOrder
from robustop_plugin.bridge.facts.stop_ratio import tick_size_of
from robustop_plugin.bridge.facts.stop_search import StopSearch
from robustop_plugin.bridge.messages.message import Message
from robustop_plugin.bridge.state.recorder import Recorder
from robustop_plugin.bridge.state.store import Store

logger = logging.getLogger(__name__)

SECONDS_BETWEEN_REFRESHES = 60.0
"""The balances are a request of their own."""


@dataclass
class LostStops:
    """The stop orders whose answers were lost.

    Attributes:
        search: Searches resting stop orders.
        store: Keeps the states, which name the stops that Freqtrade was given.
        recorder: Sends messages.
        refresh_wallets: Lets Freqtrade read its balances: coins that were sold by hand take no stop order either, and
            Freqtrade notices that only by its balances.
        fees: Corrects amounts that no stop order can have; None where fees are not paid in coins of the position.
        leaves_alone: Returns True for a trade that robustop does not act on; None if it acts on all.
        started: False until the first loop, which also searches for what an earlier process has lost.
        refreshed_at: When the balances were last read, in seconds of a steady clock.
        found: Number of stop orders found that Freqtrade does not know: a second one for a position.
    """

    search: StopSearch
    store: Store
    recorder: Recorder
    refresh_wallets: Callable[[], None]
    fees: CoinFees | None = None
    leaves_alone: Callable[[Trade], bool] | None = None
    started: bool = False
    refreshed_at: float = -SECONDS_BETWEEN_REFRESHES
    found: int = 0

    def heal(self) -> None:
        """Search for the lost orders of trades that had no stop order at the last look; called before each loop."""
        missing = {number for number, record in self.store.open_trades if record.stop_missing}
        if self.started and not missing:
            return
        silent = False
        for trade in Trade.get_trades_proxy(is_open=True):
            if self.leaves_alone is not None and self.leaves_alone(trade):
                continue
            is_found = not self.started and trade.has_open_position and not trade.has_open_sl_orders
            if is_found or (trade.id in missing and self.store.open_trades.is_known(trade)):
                # A request that fails may take ten seconds: one in a loop is enough, as the guard watches meanwhile.
                silent = silent or not self._is_searched(trade)
                self.store.open_trades.of(trade).stop_missing |= silent
        self.started = True

    def _is_searched(self, trade: Trade) -> bool:
        """Search for the lost orders of a trade; return False if that failed."""
        try:
            self._heal(trade)
        except Exception:
            logger.exception("robustop: the stop orders of %s could not be searched", trade.pair)
            return False
        return True

    def _heal(self, trade: Trade) -> None:
        record, is_lost = self.store.open_trades.of(trade), False
        for order in self.search.unknown_orders(trade.pair):
            if self._is_lost(trade, order):
                is_lost = True
                self.found += 1
                self.search.cancel(order.order_id, trade.pair)
                logger.warning(
                    "robustop: stop order %s of %s is canceled: its answer was lost", order.order_id, trade.pair
                )
            elif record.reported_stop != order.order_id:
                record.reported_stop = order.order_id
                self.found += 1
                text = f"stop order {order.order_id} of {trade.pair} is not Freqtrade's: it is left alone"
                logger.warning("robustop: %s", text)
                self.recorder.errors.notify(Message(text, f"stop order {order.order_id}"), pair=trade.pair)
        record.stop_missing = False
        if not is_lost and time.monotonic() - self.refreshed_at >= SECONDS_BETWEEN_REFRESHES:
            self.refreshed_at = time.monotonic()
            self.refresh_wallets()
        if self.fees is not None:
            self.fees.correct(trade)

    def _is_lost(self, trade: Trade, order: UnknownOrder) -> bool:
        """Return True if an order is the one that Freqtrade was about to place."""
        state = self.store.get(trade)
        if state is None or order.stop_price is None or not order.is_like(trade.exit_side, trade.amount):
            return False
        given = (trade.stop_loss, state.memory.stop, state.orders.stop)
        near = SAME * tick_size_of(trade, trade.stop_loss)
        return any(stop is not None and abs(stop - order.stop_price) <= near for stop in given)
