"""First entries that were filled in part and rest on: until their order is closed, nothing protects the part.

Freqtrade neither counts the part as a position nor tells the strategy about it. So the rest is given up once the price
is beyond the stop that the part would have, and in any case after two loops.
"""

import logging
from collections.abc import Callable
from typing import Any

from freqtrade.persistence import Order, Trade

from robustop_plugin.bridge.facts.identity import side_of
from robustop_plugin.core.side import beyond

logger = logging.getLogger(__name__)

LOOPS_TO_WAIT = 2


class PartFills:
    """Decides when the rest of a first entry is given up.

    Attributes:
        exchange: Freqtrade's, for the price that a position would be closed at.
        stop_of: returns the initial stop of a trade that is entered at a price.
    """

    def __init__(self, exchange: Any, stop_of: Callable[[Trade, float], float]) -> None:
        """Take where prices and stops come from; no order was seen yet."""
        self.exchange = exchange
        self.stop_of = stop_of
        self._loops: dict[str, int] = {}

    def gives_up(self, trade: Trade, order: Order) -> bool:
        """Return whether the rest of an order is given up; to be asked once for each look at a resting order."""
        if not order.safe_filled or trade.nr_of_successful_entries:
            return False
        loops = self._loops[order.order_id] = self._loops.get(order.order_id, 0) + 1
        price = self.exchange.get_rate(trade.pair, refresh=True, side="exit", is_short=trade.is_short)
        if beyond(side_of(trade), price, self.stop_of(trade, order.safe_price)):
            why = "the price is beyond its stop"
        elif loops > LOOPS_TO_WAIT:
            why = f"it has rested for {LOOPS_TO_WAIT} loops without a stop"
        else:
            return False
        logger.warning("robustop: the entry into %s was filled in part, and %s: the rest is given up", trade.pair, why)
        return True
