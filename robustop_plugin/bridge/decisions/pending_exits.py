"""Exits that were decided, until the host asks for them."""

from datetime import datetime

from freqtrade.persistence import Trade

from robustop_plugin.bridge.facts.stop_in_force import host_is_looser
from robustop_plugin.core.decision import Exit, ExitReason
from robustop_plugin.core.exits import AT_THE_STOP
from robustop_plugin.core.trade_state import TradeState


def host_exits_itself(trade: Trade, state: TradeState, decision: Exit) -> bool:
    """Return whether the host makes an exit by itself, at its own price.

    It does so where a stop is hit that it knows of, and where profit is taken: through `custom_roi`, or by an order
    for the last part of the position.
    """
    if decision.reason is ExitReason.TAKE_PROFIT:
        return True
    return decision.reason in AT_THE_STOP and decision.level is None and not host_is_looser(trade, state)


class PendingExits:
    """At most one exit a trade, good for the moment it was decided at."""

    def __init__(self) -> None:
        """Start with none."""
        self._decided: dict[int, tuple[datetime, ExitReason]] = {}

    def __contains__(self, trade_id: int) -> bool:
        """Return whether an exit was decided and not called off, at whatever moment."""
        return trade_id in self._decided

    def note(self, trade_id: int, now: datetime, reason: ExitReason) -> bool:
        """Keep an exit; return whether it is another one than before."""
        known = self._decided.get(trade_id)
        self._decided[trade_id] = (now, reason)
        return known is None or known[1] is not reason

    def at(self, trade_id: int, now: datetime) -> ExitReason | None:
        """Return why the trade is to be left at this very moment."""
        decided = self._decided.get(trade_id)
        return decided[1] if decided is not None and decided[0] == now else None

    def forget(self, trade_id: int) -> None:
        """Call an exit off."""
        self._decided.pop(trade_id, None)
