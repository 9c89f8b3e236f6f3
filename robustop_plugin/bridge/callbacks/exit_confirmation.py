"""Lets protective exits through, whatever a strategy's `confirm_trade_exit` returns.

The strategy's callback is still called. Its answer counts for its own exits, and for exits at its own stops: its
`stoploss`, and what its `custom_stoploss` or Freqtrade's trailing stop has moved beyond robustop's level.
"""

import logging
from collections.abc import Callable
from typing import Any, Protocol

from freqtrade.enums import ExitType
from freqtrade.persistence import Trade
from freqtrade.strategy import IStrategy

from robustop_plugin.core.trade_state import TradeState

logger = logging.getLogger(__name__)

ALWAYS_PROTECTIVE = {ExitType.LIQUIDATION.value, ExitType.EMERGENCY_EXIT.value, ExitType.FORCE_EXIT.value}
STOP_EXITS = {ExitType.STOP_LOSS.value, ExitType.STOPLOSS_ON_EXCHANGE.value, ExitType.TRAILING_STOP_LOSS.value}


class Due(Protocol):
    """The exit that is due for a trade."""

    @property
    def tag(self) -> str:
        """The reason of the exit."""

    @property
    def ours(self) -> bool:
        """True if robustop decided it."""


DueOf = Callable[[Trade], Due | None]
StateOf = Callable[[Trade], TradeState | None]
IsTheirs = Callable[[Trade, TradeState], bool]


class ProtectiveExitGate:
    """Wraps a strategy's `confirm_trade_exit`: calls it, but lets protective exits through."""

    def __init__(self, original: Callable[..., bool], protects: Callable[[Trade | None, str], bool]) -> None:
        """Take the strategy's own callback, and what decides whether an exit is protective."""
        self.original = original
        self.protects = protects

    def __call__(self, *args: Any, exit_reason: str = "", **kwargs: Any) -> bool:
        """Return the strategy's answer; True for a protective exit."""
        trade = kwargs.get("trade", args[1] if len(args) > 1 else None)
        protects = self.protects(trade, exit_reason)
        try:
            allowed = bool(self.original(*args, exit_reason=exit_reason, **kwargs))
        except Exception:
            if not protects:
                raise
            logger.exception("robustop: confirm_trade_exit failed on %s: the exit goes on", exit_reason)
            return True
        if protects and not allowed:
            logger.warning(
                "robustop: confirm_trade_exit vetoed %s of %s: a stop is never vetoed, the exit goes on",
                exit_reason,
                kwargs.get("pair", args[0] if args else None),
            )
        return allowed or protects


class ProtectiveExits:
    """Distinguishes protective exits from the strategy's own.

    Attributes:
        due: Returns the exit that is due for a trade.
        state_of: Returns the state of a trade.
        is_theirs: Returns True if the stop in force is the strategy's own.
    """

    def __init__(self, due: DueOf, state_of: StateOf, is_theirs: IsTheirs) -> None:
        """Take the sources of due exits and states."""
        self.due = due
        self.state_of = state_of
        self.is_theirs = is_theirs

    def __call__(self, trade: Trade | None, reason: str) -> bool:
        """Return True for an exit that the strategy may not veto."""
        if reason in ALWAYS_PROTECTIVE or reason.startswith("robustop_"):
            return True
        return reason in STOP_EXITS and (trade is None or not self._is_theirs(trade, reason))

    def _is_theirs(self, trade: Trade, reason: str) -> bool:
        """Return True if the stop that was hit is not robustop's. An unknown stop counts as robustop's."""
        due = self.due(trade)
        if due is not None and due.ours and due.tag == reason:
            return False
        try:
            state = self.state_of(trade)
            return state is not None and self.is_theirs(trade, state)
        except Exception:
            logger.exception("robustop: it is unknown whose stop of %s was hit: the exit goes on", trade.pair)
            return False


def let_protective_exits_pass(strategy: IStrategy, protects: Callable[[Trade | None, str], bool]) -> None:
    """Wrap the strategy's `confirm_trade_exit` in a `ProtectiveExitGate`, if the strategy overrides it."""
    if type(strategy).confirm_trade_exit is IStrategy.confirm_trade_exit:
        return
    original = strategy.confirm_trade_exit
    if isinstance(original, ProtectiveExitGate):
        original = original.original
    strategy.confirm_trade_exit = ProtectiveExitGate(original, protects)
