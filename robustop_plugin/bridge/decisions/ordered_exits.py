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
from robustop_plugin.bridge.facts.stop_in_force import has_reached_stop
from robustop_plugin.bridge.state.fault_barrier import returns_none_on_error


class OrderedExits:
    """The exits of one strategy's trades.

    An error in one step costs that step alone: no exit loses its place because a tag could not be found.
    """

    def __init__(self, manager: TradeManager) -> None:
        """Take the manager, which decides."""
        self._manager = manager
        self.report_error, self.lock, self.meet = manager.report_error, manager.lock, manager.meet

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
        exits = self._with_ours_first(trade, now, exits, reached) or exits
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
    def _with_ours_first(self, trade: Trade, now: datetime, exits: list[Any], reached: bool) -> list[Any]:
        reason = self._manager.exit_at(trade, now)
        return self._manager.exit_list.arrange(trade, now, exits, reason, stop_reached=reached)
