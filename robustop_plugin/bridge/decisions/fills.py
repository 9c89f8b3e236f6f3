"""Takes filled orders: the first entry opens a state, later entries change it, the last exit closes it."""

from dataclasses import dataclass
from datetime import datetime

from freqtrade.persistence import Order, Trade

from robustop_plugin.bridge.partials.manager import PartialExits
from robustop_plugin.bridge.state.lifecycle import TradeStates
from robustop_plugin.bridge.state.recorder import Recorder
from robustop_plugin.bridge.state.store import Store
from robustop_plugin.core.trade_state import TradeState


@dataclass
class Fills:
    """The filled orders of one strategy's trades.

    Attributes:
        store: Keeps the states.
        states: Makes the states.
        partials: Partial exits.
        recorder: Records trades that are closed.
        simulated: True in a backtest and in hyperopt.
    """

    store: Store
    states: TradeStates
    partials: PartialExits
    recorder: Recorder
    simulated: bool

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
        reason = order.ft_order_tag or trade.exit_reason or order.ft_order_side
        self.recorder.record(
            trade, state, now, "closed", price=order.safe_price, old_stop=state.memory.stop, reason=reason
        )
        self.recorder.flush()
        self.store.forget(trade.id)
