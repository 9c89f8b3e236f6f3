"""Takes filled orders: the first entry opens a state, later entries change it, the last exit closes it."""

from dataclasses import dataclass
from datetime import datetime

from freqtrade.persistence import Order, Trade

from robustop_plugin.bridge.facts.stop_in_force import host_is_looser, host_is_tighter, is_first_fill
from robustop_plugin.bridge.facts.stop_ratio import stop_ratio
from robustop_plugin.bridge.partials.manager import PartialExits
from robustop_plugin.bridge.state.lifecycle import TradeStates
from robustop_plugin.bridge.state.recorder import Recorder
from robustop_plugin.bridge.state.store import Store
from robustop_plugin.core.side import beyond, tighter
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

    def anchor_first_stop(self, trade: Trade, price: float) -> None:
        """Have Freqtrade hold the first stop as a ratio of the open rate.

        Freqtrade keeps the ratio that it was given at some rate, and applies it to the open rate at every later report
        of a fill or a fee. A ratio given below the open rate would then tighten the stop and count as trailing. A ratio
        of the open rate is right at any price, so a stop that comes with the first candles need not wait.
        """
        state = self.store.get(trade)
        if state is None or not is_first_fill(trade, state) or host_is_tighter(trade, state):
            return
        side, stop = state.position.side, state.memory.stop
        # A stop at the entry or beyond it is not a loss, and a stop that the price has reached is an exit.
        if not tighter(side, trade.open_rate, stop) or beyond(side, price, stop):
            return
        ratio = stop_ratio(trade, side, trade.open_rate, stop)
        if abs(trade.stop_loss_pct or 0.0) != ratio or host_is_looser(trade, state):
            trade.adjust_stop_loss(trade.open_rate, ratio, allow_refresh=True)
