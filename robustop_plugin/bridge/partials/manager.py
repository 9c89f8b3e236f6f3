"""Manages partial exits: whether one may be due, what order Freqtrade is given, and what was filled."""

from dataclasses import dataclass
from datetime import datetime

from freqtrade.persistence import Order, Trade

from robustop_plugin.bridge.facts.exchange_stop import ExchangeStop
from robustop_plugin.bridge.partials.orders import (
    TAG,
    TooSmall,
    may_be_due,
    order_request,
    progress_of,
    smallest_order,
    tag_of,
)
from robustop_plugin.bridge.partials.pending_sales import PendingSales
from robustop_plugin.bridge.state.recorder import Recorder
from robustop_plugin.bridge.state.store import Store
from robustop_plugin.core.decision import Decision, Exit, Reduce
from robustop_plugin.core.memory import filled
from robustop_plugin.core.trade_state import TradeState
from robustop_plugin.settings import RobustopBlock, Settings


@dataclass
class PartialExits:
    """The partial exits of one strategy's trades.

    Attributes:
        settings: The strategy's settings.
        store: The states of the trades.
        recorder: Records partial exits that were filled, and those that wait.
        simulated: True in a backtest and in hyperopt.
        stop: How stops rest on the exchange; None if the bot checks them itself, and in a backtest.
        pending: Keeps track of unanswered requests; None in a backtest, where every order is filled.
    """

    settings: Settings
    store: Store
    recorder: Recorder
    simulated: bool
    stop: ExchangeStop | None = None
    pending: PendingSales | None = None

    def may_be_due(self, trade: Trade, state: TradeState, price: float, now: datetime) -> bool:
        """Return True if a partial exit may be due at a price. Nothing is due while an order rests."""
        if not self.is_near(trade, state, price):
            return False
        if trade.has_open_orders or (self.simulated and now.timestamp() <= state.position.opened_at):
            return False
        return state.orders.sale is None

    def is_near(self, trade: Trade, state: TradeState, price: float) -> bool:
        """Return True if a price is so near to the next rung or the virtual level that a decision is needed."""
        block = self.settings.for_pair(trade.pair)
        # Only the engine knows the level at which a portion is due.
        moved = trade.open_rate != state.position.entry
        return moved or block.portion > 0 or may_be_due(state, price, block.schedule)

    def order(
        self,
        trade: Trade,
        state: TradeState,
        decision: Decision,
        price: float,
        now: datetime,
        min_stake: float | None,
    ) -> tuple[float, str] | None:
        """Return the position adjustment for Freqtrade: a negative stake and a tag; None for no order.

        Args:
            trade: Freqtrade's trade.
            state: The state of the trade.
            decision: The decision at this price.
            price: The price at which Freqtrade would sell.
            now: The current time.
            min_stake: Freqtrade's minimum stake; None if unknown.
        """
        sale = decision.sale if isinstance(decision, Reduce | Exit) else None
        if sale is None:
            return None
        schedule = self.settings.for_pair(trade.pair).schedule
        tag = tag_of(state.memory.progress, sale, schedule)
        minimum = smallest_order(trade, min_stake, live=not self.simulated)
        at_stop = None if self.stop is None else self.stop.worst_price(state.position.side, trade.stop_loss)
        reloads = self.pending is not None and self.pending.reloads
        request = order_request(trade, sale, tag, price, minimum, at_stop, is_reloaded=reloads)
        if isinstance(request, TooSmall):
            self._record_once(trade, state, now, price, "wait", tag, f"{tag}: {request.reason}")
            return None
        if self.pending is not None:
            if self.pending.was_found(state, request.tag):
                return None
            if not self.pending.note(trade, state, request.tag, request.amount, now):
                return None
        if request.tag != tag:
            self._record_once(trade, state, now, price, "exit", request.tag, request.tag)
        return request.stake, request.tag

    def _record_once(
        self, trade: Trade, state: TradeState, now: datetime, price: float, action: str, tag: str, why: str
    ) -> None:
        """Record a decision unless the trade's last record has the same action and tag; prices in `why` may differ."""
        record, event = self.store.open_trades.of(trade), f"{action} {tag}"
        if record.last_recorded == event:
            return
        record.last_recorded = event
        self.recorder.commit(trade, state, now, action, price=price, old_stop=state.memory.stop, reason=why)

    def sync_with_orders(self, trade: Trade, state: TradeState) -> bool:
        """Take over the filled orders of a trade once after a start; return True if they changed its progress.

        The schedule may have changed since, and the state may have been adopted or be older than the last fill.
        """
        record = self.store.open_trades.of(trade)
        if record.seen_orders is not None:
            return False
        record.seen_orders = {order.order_id for order in trade.select_filled_orders(trade.exit_side)}
        return self.take_stock(trade, state)

    def settle(self, trade: Trade, state: TradeState, now: datetime, *, adopts: bool = False) -> None:
        """Find out what became of a request that Freqtrade has not answered, and take over what it has sold."""
        if self.pending is not None and state.orders.sale is not None:
            self.pending.settle(trade, state, now, adopts=adopts)
            self.take_stock(trade, state)

    def take_stock(self, trade: Trade, state: TradeState) -> bool:
        """Set the progress to what filled orders have sold; return True if that changed it."""
        block: RobustopBlock = self.settings.for_pair(trade.pair)
        progress = progress_of(trade, block.schedule, (tag for _, tag in state.orders.found))
        if progress == state.memory.progress:
            return False
        state.memory = filled(state.memory, progress)
        return True

    def sold(self, trade: Trade, state: TradeState, order: Order, now: datetime) -> None:
        """Process a filled exit order that did not close the position.

        A bot may report an order several times, and old orders after its start. Those change nothing.
        """
        changed = self.sync_with_orders(trade, state) or self.take_stock(trade, state)
        tag, seen = order.ft_order_tag or "", self.store.open_trades.of(trade).seen_orders or set()
        is_new = order.order_id not in seen
        seen.add(order.order_id)
        self.store.open_trades.of(trade).seen_orders = seen
        if changed or (is_new and TAG.fullmatch(tag)):
            self.recorder.commit(
                trade, state, now, "reduce", price=order.safe_price, old_stop=state.memory.stop, reason=tag
            )
