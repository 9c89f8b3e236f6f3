"""Refuses Freqtrade's own emergency exit of a position that is on the good side of its stop.

If the exchange refuses a stop order, for whatever reason, Freqtrade sells the position at market. There may be too many
orders of that kind, or the rest may be below the exchange's minimum: none of that is a reason to sell. The bot checks
the stop itself until the exchange accepts an order. Beyond the stop, the exit is right, and is made.
"""

import logging
from collections.abc import Callable
from typing import Any

from freqtrade.enums import ExitType
from freqtrade.persistence import Trade
from freqtrade.strategy import IStrategy

from robustop_plugin.bridge.facts.identity import side_of
from robustop_plugin.core.facts import is_price
from robustop_plugin.core.side import beyond

logger = logging.getLogger(__name__)

NAME = "confirm_trade_exit"

RateOf = Callable[[Trade], float]
"""Returns the price at which a trade would be closed now."""
LeavesAlone = Callable[[Trade], bool]
"""Returns True for a trade that robustop does not act on."""


class EmergencyExitGate:
    """Wraps a bot's `confirm_trade_exit`: an emergency exit is made only beyond the stop."""

    def __init__(
        self,
        original: Callable[..., bool],
        rate_of: RateOf,
        report: Callable[[Trade], None],
        leaves_alone: LeavesAlone | None = None,
    ) -> None:
        """Take the callback, the source of prices, and what is told of a refused emergency exit."""
        self.leaves_alone = leaves_alone
        self.original = original
        self.rate_of = rate_of
        self.report = report

    def __call__(self, *args: Any, exit_reason: str = "", **kwargs: Any) -> bool:
        """Return False for an emergency exit that is not needed, else the answer of the callback."""
        trade = kwargs.get("trade", args[1] if len(args) > 1 else None)
        if exit_reason == ExitType.EMERGENCY_EXIT.value and trade is not None and self._is_safe(trade):
            self.report(trade)
            return False
        return bool(self.original(*args, exit_reason=exit_reason, **kwargs))

    def _is_safe(self, trade: Trade) -> bool:
        """Return True if the price is on the good side of the stop; an unknown price is not."""
        if self.leaves_alone is not None and self.leaves_alone(trade):
            return False
        try:
            price = self.rate_of(trade)
        except Exception:
            logger.exception("robustop: the price of %s is unknown: Freqtrade's emergency exit goes on", trade.pair)
            return False
        return is_price(price) and is_price(trade.stop_loss) and not beyond(side_of(trade), price, trade.stop_loss)


def refuse_needless_emergency_exits(
    strategy: IStrategy, rate_of: RateOf, report: Callable[[Trade], None], leaves_alone: LeavesAlone | None = None
) -> None:
    """Wrap a bot's `confirm_trade_exit` in an `EmergencyExitGate`, whether or not the strategy overrides it."""
    original = getattr(strategy, NAME)
    if isinstance(original, EmergencyExitGate):
        original = original.original
    setattr(strategy, NAME, EmergencyExitGate(original, rate_of, report, leaves_alone))
