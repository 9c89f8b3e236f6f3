"""Where a decided exit, such as a crossed level, becomes an exit of Freqtrade: first in its list, with its exit types.

The exit type chooses the order. In a bot Freqtrade sends `order_types.stoploss` for a stop, `order_types.exit` for a
custom exit, and `order_types.emergency_exit` for an emergency exit: market, where the strategy names none. A backtest
fills an emergency exit at the open, without `custom_exit_price`; for a stop it would order at its own stop, which
robustop's level is not.
"""

from datetime import datetime
from typing import Any

from freqtrade.enums import ExitCheckTuple, ExitType
from freqtrade.persistence import Order, Trade

from robustop_plugin.bridge.exit_requests.requests import ExitRequests
from robustop_plugin.bridge.facts.stop_ratio import exit_tag
from robustop_plugin.bridge.state.live_trade import DueExit
from robustop_plugin.bridge.state.open_trades import OpenTrades
from robustop_plugin.core.exit_reason import ExitReason
from robustop_plugin.core.exits import AT_THE_STOP

AT_MARKET = (ExitReason.EMERGENCY, ExitReason.MANUAL, ExitReason.MAX_DRAWDOWN, ExitReason.STOP_GUARD)
"""Exits that a person or the portfolio requests, or the guard of a stop on the exchange."""

STOPS = (ExitType.STOP_LOSS, ExitType.TRAILING_STOP_LOSS, ExitType.LIQUIDATION)
"""Freqtrade's own exits at a stop."""


def exit_check(reason: ExitReason, *, at_once: bool) -> ExitCheckTuple:
    """Return a decided exit in Freqtrade's terms.

    Args:
        reason: Why the trade is left.
        at_once: True if an exit at a stop does not go by `order_types.stoploss`: in a backtest, where somebody asked
            for the exit, and where that is the order on the exchange.
    """
    tag = exit_tag(reason)
    if reason in AT_THE_STOP:
        return ExitCheckTuple(ExitType.EMERGENCY_EXIT if at_once else ExitType(tag), tag)
    return ExitCheckTuple(ExitType.EMERGENCY_EXIT if reason in AT_MARKET else ExitType.CUSTOM_EXIT, tag)


class ExitList:
    """Puts robustop's exits into Freqtrade's list, and remembers which exit is due for each trade.

    Attributes:
        exit_requests: Knows which exits are requested from outside.
        open_trades: Whose records hold the exit that is due.
        simulated: True in a backtest and in hyperopt.
        on_exchange: True if stops rest on the exchange.
    """

    def __init__(
        self, exit_requests: ExitRequests, open_trades: OpenTrades, *, simulated: bool, on_exchange: bool = False
    ) -> None:
        """Start with no exit due."""
        self.exit_requests = exit_requests
        self.open_trades = open_trades
        self.simulated = simulated
        self.on_exchange = on_exchange

    def arrange(
        self,
        trade: Trade,
        now: datetime,
        exits: list[Any],
        reason: ExitReason | None,
        *,
        stop_reached: bool = False,
    ) -> list[Any]:
        """Return the exits in the order in which Freqtrade is to try them.

        Args:
            trade: Freqtrade's trade.
            now: Time of the look.
            exits: What Freqtrade found by itself, exits of the strategy among them.
            reason: Why robustop leaves the trade now; None if it does not.
            stop_reached: True if the price has reached robustop's stop: nothing vetoes or delays a stop then.
        """
        # A stop that is hit comes before a panic; but where its order rests, the next look does not wait for it.
        requested = self.exit_requests.is_requested(trade, now)
        at_once = self.simulated or self.on_exchange or requested
        ours = [] if reason is None else [exit_check(reason, at_once=at_once)]
        # `custom_exit` has named the same exit, where Freqtrade asked it.
        others = [
            exit_ for exit_ in exits if not (ours and is_custom(exit_) and exit_.exit_reason == ours[0].exit_reason)
        ]
        if not self.simulated:
            # All exits of a bot's look are due at one price: the one that protects goes first. In a backtest the
            # open, at which a signal exits, comes before the extreme that hits the stop. Exits that are the strategy's
            # own keep their order.
            if stop_reached:
                others.sort(key=lambda exit_: exit_.exit_type not in STOPS)
            stuck = requested and not ours and self.due(trade) is not None
            if stuck and others and others[0].exit_type in STOPS:
                ours = [ExitCheckTuple(ExitType.EMERGENCY_EXIT, others.pop(0).exit_reason)]
        found = [*ours, *others]
        self._remember(trade, found, ours=bool(ours), stop_reached=stop_reached)
        return found

    def _remember(self, trade: Trade, found: list[Any], *, ours: bool, stop_reached: bool) -> None:
        due = None
        if ours:
            due = DueExit(found[0].exit_reason, ours=True, patient=is_custom(found[0]))
        elif stop := next((exit_ for exit_ in found if exit_.exit_type in STOPS), None):
            due = DueExit(stop.exit_reason, ours=stop_reached, patient=False)
        self.open_trades.of(trade).due_exit = due

    def due(self, trade: Trade) -> DueExit | None:
        """Return the exit that was due at the last look; None if none was."""
        return self.open_trades.of(trade).due_exit if self.open_trades.is_known(trade) else None

    def is_in_the_way(self, trade: Trade, order: Order, now: datetime) -> bool:
        """Return True if a bot has to cancel an open order: for an exit, or because no entry is to be made.

        A market order does not rest. The order of a patient exit is that exit on its way.
        """
        if order.order_type == "market":
            return False
        due = self.due(trade)
        if due is not None:
            return not (due.patient and order.ft_order_tag == due.tag)
        return order.ft_order_side == trade.entry_side and self.exit_requests.is_halted(trade, now)


def is_custom(exit_: ExitCheckTuple) -> bool:
    """Return True for an exit that goes by `order_types.exit`, under a name of its own."""
    return bool(exit_.exit_type is ExitType.CUSTOM_EXIT)
