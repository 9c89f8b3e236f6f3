"""Follows the stop orders of a bot's trades on the exchange: what rests there is recorded, and guarded."""

import logging
from dataclasses import dataclass
from datetime import datetime

from freqtrade.persistence import Trade
from sqlalchemy.exc import SQLAlchemyError

from robustop_plugin.bridge.callbacks.early_confirmation import EarlyConfirmation
from robustop_plugin.bridge.decisions.lost_stops import LostStops
from robustop_plugin.bridge.decisions.pending_exits import note_exit
from robustop_plugin.bridge.exit_requests.stop_guard import StopGuard, stop_price
from robustop_plugin.bridge.facts.identity import opened_ms, side_of
from robustop_plugin.bridge.facts.stop_ratio import exit_tag
from robustop_plugin.bridge.messages.message import Message
from robustop_plugin.bridge.messages.texts import number, which
from robustop_plugin.bridge.state.database_health import DatabaseSilent
from robustop_plugin.bridge.state.recorder import Recorder
from robustop_plugin.bridge.state.store import Store
from robustop_plugin.core.exit_reason import ExitReason
from robustop_plugin.core.side import better
from robustop_plugin.core.trade_state import TradeState

logger = logging.getLogger(__name__)


@dataclass
class StopOrders:
    """The stop orders of one strategy's trades.

    Attributes:
        guard: Decides when a position is left because its stop order does not protect it.
        store: Keeps the states.
        recorder: Records which stop rests on the exchange, and exits of the guard.
        early: Confirms exits before a stop order is canceled for them; None if that is not needed.
        lost: Cancels orders whose answers were lost; None in a dry run, which loses none.
    """

    guard: StopGuard
    store: Store
    recorder: Recorder
    early: EarlyConfirmation | None = None
    lost: LostStops | None = None

    def look(self, trade: Trade, price: float, now: datetime) -> None:
        """Look at the stop orders of a trade; decide its exit if they do not protect it.

        Args:
            trade: Freqtrade's trade, after Freqtrade has updated its orders.
            price: The price at which it would be closed.
            now: The current time.
        """
        leaves = self.guard.leaves(trade, price, now)
        if not trade.has_open_sl_orders and not trade.has_open_orders:
            self.store.open_trades.of(trade).stop_missing = True
        state = self._state(trade)
        if state is not None:
            self._record_change(trade, state, price, now)
        if leaves and note_exit(self.store.open_trades.of(trade), now, ExitReason.STOP_GUARD):
            tag, stop = exit_tag(ExitReason.STOP_GUARD), trade.stop_loss
            logger.warning("robustop: %s is beyond its stop %s, and no order sells it: %s", trade.pair, stop, tag)
            if state is None:
                where = f"{number(price)} is beyond its stop {number(stop)}"
                text = f"{which(trade)}: {where}, and no order on the exchange sells it: it is closed at market"
                self.recorder.errors.notify(text, "guard", trade.pair)
            else:
                self.recorder.commit(trade, state, now, "exit", price=price, old_stop=state.memory.stop, reason=tag)

    def report_refusal(self, trade: Trade) -> None:
        """Report once that the exchange has refused the stop order of a position on the good side of its stop."""
        record = self.store.open_trades.of(trade)
        if not record.stop_refused:
            record.stop_refused = True
            stop = f"the bot checks the stop {number(trade.stop_loss)}"
            text = f"{which(trade)}: the exchange refused its stop order, and {stop}"
            logger.warning("robustop: %s", text)
            # A restart does not report it again, but a refusal after an order that rested is another one.
            rested = sum(order.ft_order_side == "stoploss" for order in trade.orders)
            key = f"refused {trade.id} {opened_ms(trade)} {trade.stop_loss} {rested}"
            self.recorder.errors.notify(Message(text, key), pair=trade.pair)

    def _state(self, trade: Trade) -> TradeState | None:
        """Return the state of a trade; None if there is none, or if the database cannot be read."""
        try:
            return self.store.get(trade)
        except (SQLAlchemyError, DatabaseSilent):
            return None

    def _record_change(self, trade: Trade, state: TradeState, price: float, now: datetime) -> None:
        """Record a stop order that is new on the exchange, that has moved, or that is gone."""
        prices = [found for order in trade.open_sl_orders if (found := stop_price(order)) is not None]
        side = side_of(trade)
        if prices:
            self.store.open_trades.of(trade).stop_refused = False
        stop = max(prices, key=lambda found: side * found, default=None)
        before = state.orders.stop
        if stop == before:
            return
        state.orders = state.orders._replace(stop=stop)
        reason = "a stop order rests on the exchange" if stop is not None else "no stop order rests on the exchange"
        if stop is not None and before is not None:
            reason = "the stop order was moved" if better(side, stop, before) == stop else "the stop order was loosened"
        action = "published" if stop is not None else "unpublished"
        self.recorder.commit(
            trade, state, now, action, price=price, old_stop=before, new_stop=stop, reason=reason, mover="exchange"
        )
