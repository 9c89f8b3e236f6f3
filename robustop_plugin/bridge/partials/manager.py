"""Partial exits: when to look, what to ask Freqtrade for, and what was filled."""

from dataclasses import dataclass
from datetime import datetime

from freqtrade.persistence import Order, Trade

from robustop_plugin.bridge.partials.orders import (
    TAG,
    TooSmall,
    may_be_due,
    order_request,
    progress_of,
    smallest_order,
    tag_of,
)
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
        settings: of the strategy.
        store: the states.
        recorder: of what was sold, and of what waits.
        simulated: a backtest or hyperopt.
    """

    settings: Settings
    store: Store
    recorder: Recorder
    simulated: bool

    def may_be_due(self, trade: Trade, state: TradeState, price: float, now: datetime) -> bool:
        """Return True if something can be due at a price; while an order rests, nothing is."""
        block = self.settings.for_pair(trade.pair)
        # A portion is due at a level that may only be found by asking the engine.
        moved = trade.open_rate != state.position.entry
        if not (moved or block.portion > 0 or may_be_due(state, price, block.schedule)):
            return False
        return not (trade.has_open_orders or (self.simulated and now.timestamp() <= state.position.opened_at))

    def order(
        self,
        trade: Trade,
        state: TradeState,
        decision: Decision,
        price: float,
        now: datetime,
        min_stake: float | None,
    ) -> tuple[float, str] | None:
        """Return what the host is to be asked for: a negative stake and a tag; None for nothing.

        Args:
            trade: the host's trade.
            state: of the trade.
            decision: that was made at this price.
            price: that the host would sell at.
            now: when.
            min_stake: the smallest stake, as the host tells it.
        """
        sale = decision.sale if isinstance(decision, Reduce | Exit) else None
        if sale is None:
            return None
        schedule = self.settings.for_pair(trade.pair).schedule
        tag = tag_of(state.memory.progress, sale, schedule)
        minimum = smallest_order(trade, min_stake, live=not self.simulated)
        ask = order_request(trade, sale, tag, price, minimum)
        if isinstance(ask, TooSmall):
            self._record_once(trade, state, now, price, "wait", tag, f"{tag}: {ask.reason}")
            return None
        if ask.tag != tag:
            self._record_once(trade, state, now, price, "exit", ask.tag, ask.tag)
        return ask.stake, ask.tag

    def _record_once(
        self, trade: Trade, state: TradeState, now: datetime, price: float, action: str, tag: str, why: str
    ) -> None:
        """Record what was decided, unless the last record of this trade said so; other prices in `why` do not count."""
        record, said = self.store.open_trades.of(trade), f"{action} {tag}"
        if record.last_recorded == said:
            return
        record.last_recorded = said
        self.recorder.commit(trade, state, now, action, price=price, old_stop=state.memory.stop, reason=why)

    def sync_with_orders(self, trade: Trade, state: TradeState) -> bool:
        """Take over the filled orders of a trade once after the start; return True if they changed its progress.

        The schedule may be another one by now, or the state: adopted, or older than the last fill.
        """
        record = self.store.open_trades.of(trade)
        if record.seen_orders is not None:
            return False
        record.seen_orders = {order.order_id for order in trade.select_filled_orders(trade.exit_side)}
        return self.take_stock(trade, state)

    def take_stock(self, trade: Trade, state: TradeState) -> bool:
        """Take over what filled orders have sold; return True if that changed the progress."""
        block: RobustopBlock = self.settings.for_pair(trade.pair)
        progress = progress_of(trade, block.schedule)
        if progress == state.memory.progress:
            return False
        state.memory = filled(state.memory, progress)
        return True

    def sold(self, trade: Trade, state: TradeState, order: Order, now: datetime) -> None:
        """Take an exit order that was filled and left something of the position.

        A bot reports one order as often as it likes, and after its start old ones too, which change nothing then.
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
