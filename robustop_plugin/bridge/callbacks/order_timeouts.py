"""Cancels resting orders that would block an exit, through Freqtrade's order time-out callbacks.

Freqtrade sends no exit for a trade whose open exit order has the same price and amount, whatever the types of both
orders are. While any order is open, it sends each exit reason only once per candle. Before it decides exits, it asks
for every open order whether the order has timed out. robustop answers yes while an exit is due, so that the exit is
sent in the same loop, at that loop's price. No price is known at that point: an exit is due if the last check decided
it, and the check that follows decides again. In a backtest nothing blocks an exit: it fills at the open and cancels
other orders.
"""

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any

from freqtrade.persistence import Order, Trade
from freqtrade.strategy import IStrategy

logger = logging.getLogger(__name__)

TIMEOUT_CALLBACKS = ("check_entry_timeout", "check_exit_timeout")

IsInTheWay = Callable[[Trade, Order, datetime], bool]
"""Returns True if an order has to be canceled for an exit."""


class ExitFirstTimeout:
    """Wraps a time-out callback of a strategy: orders that block an exit time out, the callback decides the others."""

    def __init__(self, original: Callable[..., bool], is_in_the_way: IsInTheWay) -> None:
        """Take the strategy's own callback, and what finds blocking orders."""
        self.original = original
        self.is_in_the_way = is_in_the_way

    def __call__(self, pair: str, trade: Trade, order: Order, current_time: datetime, **kwargs: Any) -> bool:
        """Return True if the order blocks an exit, else the strategy's answer."""
        try:
            blocks = self.is_in_the_way(trade, order, current_time)
        except Exception:
            logger.exception("robustop: the orders of %s were not checked; the strategy's answer counts", pair)
            blocks = False
        if blocks:
            logger.info("robustop: the resting %s order of %s is canceled for an exit", order.side, pair)
            return True
        return bool(self.original(pair=pair, trade=trade, order=order, current_time=current_time, **kwargs))


def put_exits_first(strategy: IStrategy, is_in_the_way: IsInTheWay) -> None:
    """Wrap both time-out callbacks in an `ExitFirstTimeout`, whether or not the strategy overrides them."""
    for name in TIMEOUT_CALLBACKS:
        original = getattr(strategy, name)
        if isinstance(original, ExitFirstTimeout):
            original = original.original
        setattr(strategy, name, ExitFirstTimeout(original, is_in_the_way))
