"""Orders that were filled: a state is opened at the first entry, kept at later ones, and closed at the last exit."""

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
        store: keeps the states.
        states: makes the states.
        partials: partial exits.
        recorder: of trades that are closed.
        simulated: a backtest or hyperopt.
    """

    store: Store
    states: TradeStates
    partials: PartialExits
    recorder: Recorder
    simulated: bool

    def take(self, trade: Trade, order: Order, now: datetime) -> None:
        """Take an order that was filled."""
        if order.ft_order_side == trade.entry_side:
            if self.simulated and trade.nr_of_successful_entries <= 1:
                # A backtest that was cut off may have left a trade of the same number.
                self.store.forget(trade.id)
            self.states.entry_filled(trade, order, now)
            return
        state = self.store.get(trade)
        if state is None:
            return
        # A backtest asks before it closes the trade, a bot after.
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

        It keeps the ratio that it was told at some rate, and places it at the open rate whenever it hears of a fill or
        a fee again: told below the open rate, that would tighten the stop, and count as trailing. A ratio of the open
        rate can be told below it as well: a stop that comes with the first candles need not wait for a better price.
        """
        state = self.store.get(trade)
        if state is None or not is_first_fill(trade, state) or host_is_tighter(trade, state):
            return
        side, stop = state.position.side, state.memory.stop
        # A stop that has moved to the entry or beyond it is no loss, and what the price has reached is an exit.
        if not tighter(side, trade.open_rate, stop) or beyond(side, price, stop):
            return
        ratio = stop_ratio(trade, side, trade.open_rate, stop)
        if abs(trade.stop_loss_pct or 0.0) != ratio or host_is_looser(trade, state):
            trade.adjust_stop_loss(trade.open_rate, ratio, allow_refresh=True)
