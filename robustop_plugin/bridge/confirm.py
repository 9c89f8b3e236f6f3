"""Exits that protect are never vetoed."""

import logging
from collections.abc import Callable
from typing import Any

from freqtrade.enums import ExitType
from freqtrade.strategy import IStrategy

logger = logging.getLogger(__name__)

PROTECTING = {
    ExitType.STOP_LOSS.value,
    ExitType.STOPLOSS_ON_EXCHANGE.value,
    ExitType.TRAILING_STOP_LOSS.value,
    ExitType.LIQUIDATION.value,
    ExitType.EMERGENCY_EXIT.value,
    ExitType.FORCE_EXIT.value,
}


class StopsPass:
    """Stands before a strategy's `confirm_trade_exit`: asks it, but lets exits that protect through."""

    def __init__(self, asked: Callable[..., bool]) -> None:
        """Take the strategy's own callback."""
        self.asked = asked

    def __call__(self, *args: Any, exit_reason: str = "", **kwargs: Any) -> bool:
        """Return the strategy's answer, True for an exit that protects."""
        protects = exit_reason in PROTECTING or exit_reason.startswith("robustop_")
        try:
            allowed = bool(self.asked(*args, exit_reason=exit_reason, **kwargs))
        except Exception:
            if not protects:
                raise
            logger.exception("robustop: confirm_trade_exit failed on %s: the exit goes on", exit_reason)
            return True
        if protects and not allowed:
            logger.warning(
                "robustop: confirm_trade_exit vetoed %s of %s: a stop is never vetoed, the exit goes on",
                exit_reason,
                kwargs.get("pair"),
            )
        return allowed or protects


def let_stops_pass(strategy: IStrategy) -> None:
    """Put `StopsPass` before the strategy's `confirm_trade_exit`, where it has one of its own."""
    own = type(strategy).confirm_trade_exit is not IStrategy.confirm_trade_exit
    if own and not isinstance(strategy.confirm_trade_exit, StopsPass):
        strategy.confirm_trade_exit = StopsPass(strategy.confirm_trade_exit)
