"""Takes filled orders: the first entry opens a state, later entries change it, the last exit closes it."""

import logging
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime

from freqtrade.persistence import Order, Trade
from sqlalchemy import select

from robustop_plugin.audit.record import AuditRecord
from robustop_plugin.audit.table import AuditTable
from robustop_plugin.bridge.decisions.interrupted_fills import last_exit, uncounted_exit, unreported_sale
from robustop_plugin.bridge.facts.identity import belongs_to
from robustop_plugin.bridge.partials.manager import PartialExits
from robustop_plugin.bridge.state.lifecycle import TradeStates
from robustop_plugin.bridge.state.recorder import Recorder
from robustop_plugin.bridge.state.store import KEY, Store
from robustop_plugin.core.trade_state import TradeState, from_dict

logger = logging.getLogger(__name__)

LAST_CLOSED = 20
"""Closed trades whose last record a new process completes: more than Freqtrade closes in a loop."""
REMEMBERED = 100
"""Closed trades that are remembered: more than Freqtrade closes in a loop."""


@dataclass
class Fills:
    """The filled orders of one strategy's trades.

    Attributes:
        store: Keeps the states.
        states: Makes the states.
        partials: Partial exits.
        recorder: Records trades that are closed.
        simulated: True in a backtest and in hyperopt.
        started: False until the first loop, which also finishes what an earlier process has left.
        closed: Number and opening time of the trades that were recorded last as closed: Freqtrade's recovery reports
            all orders of a trade again, also after one of them has closed it.
    """

    store: Store
    states: TradeStates
    partials: PartialExits
    recorder: Recorder
    simulated: bool
    started: bool = False
    closed: deque[tuple[int, int]] = field(default_factory=lambda: deque(maxlen=REMEMBERED))

    def new_loop(self) -> None:
        """Begin a loop of a bot: find out what became of unanswered partial exits.

        The first loop also finishes fills that an earlier process has left unfinished.
        """
        states = [(number, record.state) for number, record in self.store.open_trades]
        asked = {number for number, state in states if state is not None and state.orders.sale is not None}
        if self.started and not asked:
            return
        try:
            choice = self.states.choice
            for trade in Trade.get_trades_proxy(is_open=True):
                if choice is not None and choice.is_shadowed(trade):
                    continue
                if not self.started or trade.id in asked:
                    self._look_after(trade, datetime.now(UTC))
            if not self.started and isinstance(self.recorder.sink, AuditTable):
                self._complete_closed()
            self.started = True
        except Exception:
            # Whatever fails here must not end the bot, whose stops are decided later in the loop.
            logger.exception("robustop: the trades could not be looked at; the next loop tries again")

    def _complete_closed(self) -> None:
        """Record the last closed trades as closed again: the table takes each token once.

        Freqtrade stores that a trade is closed before it reports the fill. A process that died in between recorded
        nothing, and no later one is asked about the trade.
        """
        query = select(Trade).filter(Trade.is_open.is_(False)).order_by(Trade.close_date.desc()).limit(LAST_CLOSED)
        for trade in Trade.session.scalars(query).unique().all():
            try:
                data, order = trade.get_custom_data(KEY), last_exit(trade)
                state = None if data is None else from_dict(data)
                if state is None or order is None or not belongs_to(state, trade):
                    continue
                for record in state.records:
                    self.recorder.sink.write(AuditRecord(**record))
                self._record_close(trade, state, order, trade.close_date_utc or datetime.now(UTC))
            except Exception:
                logger.exception("robustop: the end of trade %s could not be looked at", trade.id)
        self.recorder.flush()

    def _look_after(self, trade: Trade, now: datetime) -> None:
        try:
            if not self.started:
                self._finish(trade, now)
            self._settle(trade, now)
        except Exception:
            logger.exception("robustop: the last sale of trade %s could not be looked at", trade.id)

    def _settle(self, trade: Trade, now: datetime) -> None:
        state = self.store.get(trade) if trade.is_open else None
        if state is None or state.orders.sale is None:
            return
        self.partials.settle(trade, state, now, adopts=True)
        if not trade.is_open:
            self._close(trade, state, trade.orders[-1], now)

    def _finish(self, trade: Trade, now: datetime) -> None:
        order = uncounted_exit(trade)
        if order is not None:
            logger.warning("robustop: order %s of %s was filled, and is counted now", order.order_id, trade.pair)
            trade.update_trade(order)
            self.take(trade, order, now)
            return
        state = self.store.get(trade)
        sale = None if state is None else unreported_sale(trade, state)
        if state is not None and sale is not None:
            self.partials.sold(trade, state, sale, now)

    def take(self, trade: Trade, order: Order, now: datetime) -> None:
        """Take a filled order."""
        if order.ft_order_side == trade.entry_side:
            if self.simulated and trade.nr_of_successful_entries <= 1:
                # A backtest that was cut off may have left a trade of the same number.
                self.store.forget(trade.id)
            self.states.entry_filled(trade, order, now)
            return
        state = self.store.get(trade)
        if state is None:
            return
        # A backtest reports before it closes the trade, a bot after.
        if order.safe_amount >= trade.amount if self.simulated else not trade.is_open:
            self._close(trade, state, order, now)
        else:
            self.partials.sold(trade, state, order, now)

    def _close(self, trade: Trade, state: TradeState, order: Order, now: datetime) -> None:
        closed = (trade.id, state.opened_ms)
        if not self.simulated:
            if closed in self.closed:
                return
            self.closed.append(closed)
        self._record_close(trade, state, order, now)
        self.recorder.flush()
        self.store.forget(trade.id)

    def _record_close(self, trade: Trade, state: TradeState, order: Order, now: datetime) -> None:
        reason = order.ft_order_tag or trade.exit_reason or order.ft_order_side
        self.recorder.record(
            trade, state, now, "closed", price=order.safe_price, old_stop=state.memory.stop, reason=reason
        )
