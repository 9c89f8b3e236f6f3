"""Recognizes a resting entry that was filled in part: until its order is closed, nothing protects the part.

Freqtrade neither counts the part as a position nor tells the strategy about it. So the rest is given up once the price
is beyond the stop that the part would have, and in any case after two loops.
"""

import logging
from collections.abc import Callable
from typing import Any

from freqtrade.persistence import Order, Trade

from robustop_plugin.bridge.facts.identity import side_of
from robustop_plugin.bridge.state.live_trade import RestingPart
from robustop_plugin.bridge.state.open_trades import OpenTrades
from robustop_plugin.core.side import beyond

logger = logging.getLogger(__name__)

LOOPS_TO_WAIT = 2


class PartFills:
    """Decides when the rest of a first entry is given up.

    Attributes:
        exchange: Freqtrade's, for the price that a position would be closed at.
        open_trades: Whose records count the looks.
        stop_of: returns the initial stop of a trade that is entered at a price.
    """

    def __init__(self, exchange: Any, open_trades: OpenTrades, stop_of: Callable[[Trade, float], float]) -> None:
        """Take where prices, stops and records come from."""
        self.exchange = exchange
        self.open_trades = open_trades
        self.stop_of = stop_of

    def watch(self, trade: Trade, order: Order) -> bool:
        """Take one look at a resting order; return True if the rest of it is given up."""
        if not order.safe_filled or trade.nr_of_successful_entries:
            return False
        record = self.open_trades.of(trade)
        before = record.resting_part
        looks = 1 if before is None or before.order_id != order.order_id else before.looks + 1
        record.resting_part = RestingPart(order.order_id, looks)
        price = self.exchange.get_rate(trade.pair, refresh=True, side="exit", is_short=trade.is_short)
        if beyond(side_of(trade), price, self.stop_of(trade, order.safe_price)):
            why = "the price is beyond its stop"
        elif looks > LOOPS_TO_WAIT:
            why = f"it has rested for {LOOPS_TO_WAIT} loops without a stop"
        else:
            return False
        logger.warning("robustop: the entry into %s was filled in part, and %s: the rest is given up", trade.pair, why)
        return True
