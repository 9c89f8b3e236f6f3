"""Keeps robustop's rules for exits from the exits of shadowed trades, unless a person closes such a trade."""

from collections.abc import Callable
from datetime import datetime

from freqtrade.persistence import Order, Trade

from robustop_plugin.bridge.decisions.manager import TradeManager
from robustop_plugin.bridge.state.choice import Choice

Protects = Callable[[Trade | None, str], bool]
"""Returns True for an exit that the strategy may neither refuse nor delay."""


class ProtectedExits:
    """Says which exits the strategy may not refuse: of a shadowed trade, those that a person asks for."""

    def __init__(self, acting: Protects, manager: TradeManager, choice: Choice) -> None:
        """Take what tells the exits of other trades apart."""
        self._acting = acting
        self._manager = manager
        self._choice = choice

    def __call__(self, trade: Trade | None, reason: str) -> bool:
        """Return True for an exit that the strategy may not refuse."""
        if trade is None or not self._choice.is_shadowed(trade):
            return self._acting(trade, reason)
        # Only what a person asks for is ever due for such a trade.
        return self._manager.exit_list.due(trade) is not None


class OrdersInTheWay:
    """Says which resting orders are canceled for an exit: of a shadowed trade, if a person closes it or all trades."""

    def __init__(self, manager: TradeManager, choice: Choice) -> None:
        """Take the manager of other trades."""
        self._manager = manager
        self._choice = choice

    def __call__(self, trade: Trade, order: Order, now: datetime) -> bool:
        """Return True if an order has to be canceled."""
        in_the_way = self._manager.exit_list.is_in_the_way(trade, order, now)
        if not in_the_way or not self._choice.is_shadowed(trade):
            return in_the_way
        return self._manager.exit_list.due(trade) is not None or self._manager.exit_requests.halt.panic is not None
