"""Puts the exits of one look in order: robustop's first, then Freqtrade's, with their reasons corrected."""

from datetime import datetime
from typing import Any

from freqtrade.persistence import Trade
from freqtrade.strategy import IStrategy

from robustop_plugin.bridge.callbacks.early_confirmation import EarlyConfirmation
from robustop_plugin.bridge.decisions.manager import TradeManager
from robustop_plugin.bridge.decisions.stop_orders import StopOrders
from robustop_plugin.bridge.decisions.stop_reason import with_stop_reason
from robustop_plugin.bridge.decisions.take_profit import with_tag
from robustop_plugin.bridge.facts.stop_in_force import has_reached_stop, host_is_looser
from robustop_plugin.bridge.state.fault_barrier import returns_none_on_error
from robustop_plugin.core.exit_reason import ExitReason
from robustop_plugin.core.facts import is_price
from robustop_plugin.core.side import beyond, tighter


class OrderedExits:
    """The exits of one strategy's trades.

    An error in one step costs that step alone: no exit loses its place because a tag could not be found.
    """

    def __init__(self, manager: TradeManager) -> None:
        """Take the manager, which decides."""
        self._manager = manager
        self.breaker, self.lock, self.meet = manager.breaker, manager.lock, manager.meet

    def arrange(self, trade: Trade, strategy: IStrategy, price: float, now: datetime, exits: list[Any]) -> list[Any]:
        """Return all exits in the order in which Freqtrade is to try them.

        Args:
            trade: Freqtrade's trade.
            strategy: The strategy.
            price: The price at which the trade would be closed.
            now: The current time.
            exits: What Freqtrade found.
        """
        if self._manager.stop_orders is not None:
            self._look_at_orders(trade, price, now, self._manager.stop_orders)
        exits = exits and (self._tagged(trade, strategy, now, exits) or exits)
        reached = bool(exits) and bool(self._has_reached_stop(trade, price, now))
        exits = self._with_ours_first(trade, price, now, exits, reached) or exits
        early = None if self._manager.stop_orders is None else self._manager.stop_orders.early
        if early is None or not exits:
            return exits
        confirmed: list[Any] | None = self._confirmed(trade, price, now, exits, early)
        return exits if confirmed is None else confirmed

    @returns_none_on_error
    def _confirmed(
        self, trade: Trade, price: float, now: datetime, exits: list[Any], early: EarlyConfirmation
    ) -> list[Any]:
        """Return the exits without those that the strategy refuses, before a stop order is canceled for them."""
        return early.confirmed(trade, price, now, exits)

    @returns_none_on_error
    def _look_at_orders(self, trade: Trade, price: float, now: datetime, orders: StopOrders) -> None:
        """Let the guard of stops on the exchange decide."""
        orders.look(trade, price, now)

    @returns_none_on_error
    def _tagged(self, trade: Trade, strategy: IStrategy, now: datetime, exits: list[Any]) -> list[Any]:
        """Return Freqtrade's exits with our own take profit tagged, and with the initial stop as a stop loss."""
        manager = self._manager
        if not manager.simulated:
            exits = with_stop_reason(trade, manager.store.get(trade), exits)
        takes_profit = exits and manager.takes_profit(trade.pair)
        return with_tag(strategy, trade, now, exits, manager.take_profit_at(trade, now)) if takes_profit else exits

    @returns_none_on_error
    def _has_reached_stop(self, trade: Trade, price: float, now: datetime) -> bool:  # noqa: ARG002 (for errors)
        return has_reached_stop(trade, self._manager.store.get(trade), price)

    @returns_none_on_error
    def _with_ours_first(self, trade: Trade, price: float, now: datetime, exits: list[Any], reached: bool) -> list[Any]:
        reason = self._manager.exit_at(trade, now)
        if reason is None and self._manager.breaker.is_failing(trade):
            reason = self._stop_without_decision(trade, price)
        return self._manager.exit_list.arrange(trade, now, exits, reason, stop_reached=reached)

    def _stop_without_decision(self, trade: Trade, price: float) -> ExitReason | None:
        """Return the exit at a stop or level that Freqtrade does not know, while nothing can be decided.

        Where Freqtrade has the stop, it checks it itself, or the guard watches its order.
        """
        state = self._manager.store.get(trade)
        if state is None or not is_price(price):
            return None
        side, stop, level = state.position.side, state.memory.stop, state.memory.level
        if level is not None and tighter(side, level.price, stop) and beyond(side, price, level.price):
            return ExitReason.TRAILING_STOP
        if not host_is_looser(trade, state) or not beyond(side, price, stop):
            return None
        return ExitReason.STOP_LOSS if stop == state.position.initial_stop else ExitReason.TRAILING_STOP
