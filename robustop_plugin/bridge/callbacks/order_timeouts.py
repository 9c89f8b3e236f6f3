"""Cancels resting orders that would keep an exit from being sent.

Freqtrade sends no exit for a trade whose open exit order has the same price and amount, whatever the types of both
orders are, and while any order is open it sends each reason only once a candle. Before it decides exits, it asks at
every open order whether the order has timed out. There robustop answers yes while an exit is due, so that the exit goes
out in the same loop, at the price of that loop. No price is known at that point: "due" is what the last look decided,
and the look that follows decides anew. In a backtest nothing is in the way: an exit at the open is filled there, and
cancels other orders.
"""

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any

from freqtrade.persistence import Order, Trade
from freqtrade.strategy import IStrategy

logger = logging.getLogger(__name__)

NAMES = ("check_entry_timeout", "check_exit_timeout")

IsInTheWay = Callable[[Trade, Order, datetime], bool]
"""Return True if an order has to be cancelled for an exit."""


class ExitFirstTimeout:
    """Stands before a time-out callback of a strategy: an order in the way of an exit times out, others ask it."""

    def __init__(self, asked: Callable[..., bool], is_in_the_way: IsInTheWay) -> None:
        """Take the strategy's own callback, and what decides for robustop."""
        self.asked = asked
        self.is_in_the_way = is_in_the_way

    def __call__(self, pair: str, trade: Trade, order: Order, current_time: datetime, **kwargs: Any) -> bool:
        """Return True if the order is in the way of an exit, else the strategy's answer."""
        try:
            clears = self.is_in_the_way(trade, order, current_time)
        except Exception:
            logger.exception("robustop: the orders of %s were not checked; the strategy's answer counts", pair)
            clears = False
        if clears:
            logger.info("robustop: the resting %s order of %s is cancelled for an exit", order.side, pair)
            return True
        return bool(self.asked(pair=pair, trade=trade, order=order, current_time=current_time, **kwargs))


def put_exits_first(strategy: IStrategy, is_in_the_way: IsInTheWay) -> None:
    """Put `ClearsTheWay` before both time-out callbacks, whoever overrides them."""
    for name in NAMES:
        asked = getattr(strategy, name)
        if isinstance(asked, ExitFirstTimeout):
            asked = asked.asked
        setattr(strategy, name, ExitFirstTimeout(asked, is_in_the_way))
