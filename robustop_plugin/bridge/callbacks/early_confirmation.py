"""Asks `confirm_trade_exit` before Freqtrade cancels a stop order that blocks the coins.

Freqtrade cancels such an order first and asks afterwards. A strategy that refuses a standing exit signal would so be
without a stop in nearly every moment. Asked beforehand, a refused exit never reaches Freqtrade, and the order stays.
An exit that is confirmed here is asked for again by Freqtrade, with the final price and amount.
"""

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any

from freqtrade.enums import ExitCheckTuple, ExitType
from freqtrade.persistence import Trade
from freqtrade.strategy import IStrategy
from freqtrade.strategy.strategy_wrapper import strategy_safe_wrapper

logger = logging.getLogger(__name__)

STOPS = (ExitType.STOP_LOSS, ExitType.TRAILING_STOP_LOSS, ExitType.LIQUIDATION)

Protects = Callable[[Trade | None, str], bool]
"""Returns True for an exit that the strategy may not refuse."""


class EarlyConfirmation:
    """Confirms exits while the stop order still rests."""

    def __init__(self, strategy: IStrategy, protects: Protects) -> None:
        """Take the strategy, and what tells protective exits apart."""
        self._strategy = strategy
        self._protects = protects

    def confirmed(self, trade: Trade, price: float, now: datetime, exits: list[Any]) -> list[Any]:
        """Return the exits from the first confirmed one on. Freqtrade asks about later ones only if that one fails.

        Args:
            trade: Freqtrade's trade.
            price: The price at which it would be closed.
            now: The current time.
            exits: The exits in the order in which Freqtrade would try them.
        """
        if not trade.has_open_sl_orders:
            return exits
        left = list(exits)
        while left and not self._is_confirmed(trade, price, now, left[0]):
            left.pop(0)
        return left

    def _is_confirmed(self, trade: Trade, price: float, now: datetime, exit_: ExitCheckTuple) -> bool:
        reason = self._reason(trade, exit_)
        if exit_.exit_type is ExitType.LIQUIDATION or self._protects(trade, reason):
            return True
        asked = strategy_safe_wrapper(self._strategy.confirm_trade_exit, default_retval=True)
        allowed = asked(
            pair=trade.pair,
            trade=trade,
            order_type=self._order_type(exit_.exit_type),
            amount=trade.amount,
            rate=price,
            time_in_force=self._strategy.order_time_in_force["exit"],
            exit_reason=reason,
            sell_reason=reason,
            current_time=now,
        )
        if not allowed:
            logger.info("robustop: confirm_trade_exit refused %s of %s: the stop order stays", reason, trade.pair)
        return bool(allowed)

    def _reason(self, trade: Trade, exit_: ExitCheckTuple) -> str:
        """Return the reason that Freqtrade would give: the tag of a signal comes first."""
        if exit_.exit_type is ExitType.EXIT_SIGNAL:
            strategy = self._strategy
            frame, _ = strategy.dp.get_analyzed_dataframe(trade.pair, strategy.timeframe)
            _, _, tag = strategy.get_exit_signal(trade.pair, strategy.timeframe, frame, is_short=trade.is_short)
            return str(tag or exit_.exit_reason)
        return str(exit_.exit_reason)

    def _order_type(self, exit_type: ExitType) -> str:
        orders = self._strategy.order_types
        if exit_type is ExitType.EMERGENCY_EXIT:
            return str(orders.get("emergency_exit", "market"))
        return str(orders["stoploss" if exit_type in STOPS else "exit"])


def early_confirmation(strategy: IStrategy, protects: Protects) -> EarlyConfirmation | None:
    """Return what confirms exits beforehand; None if the strategy refuses none."""
    if type(strategy).confirm_trade_exit is IStrategy.confirm_trade_exit:
        return None
    return EarlyConfirmation(strategy, protects)
