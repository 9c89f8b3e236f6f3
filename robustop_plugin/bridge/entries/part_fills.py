"""Gives up the rest of a resting entry that was filled in part: until its order is closed, nothing protects that part.

Freqtrade neither counts the part as a position nor notifies the strategy. The rest is therefore canceled as soon as the
price is beyond the stop that the part would have, and in any case in the second loop that sees it. The same goes for an
addition whose stop rests on the exchange: until the addition is closed, that order covers the earlier amount. A bot
that checks the stop itself cancels what rests before it sells, so there an addition may rest.
"""

import logging
from collections.abc import Callable
from typing import Any

from freqtrade.persistence import Order, Trade

from robustop_plugin.bridge.facts.identity import side_of
from robustop_plugin.bridge.state.last_checks import RestingPart
from robustop_plugin.bridge.state.open_trades import OpenTrades
from robustop_plugin.core.side import beyond

logger = logging.getLogger(__name__)

LOOPS_TO_WAIT = 2
"""The rest is given up by this look: two loops are the longest that a position may have no stop."""
TRIES = 2
"""Freqtrade keeps an order whose part it could not sell; after this many tries that is reported."""


class PartFills:
    """Decides when the rest of a partly filled entry is canceled.

    Attributes:
        exchange: Freqtrade's exchange, for the price at which the part would be closed.
        open_trades: The records that count the checks.
        stop_of: Returns the initial stop of a trade at an entry price.
        additions: True if additions are watched too, because stops rest on the exchange.
    """

    def __init__(
        self,
        exchange: Any,
        open_trades: OpenTrades,
        stop_of: Callable[[Trade, float], float],
        *,
        additions: bool = False,
    ) -> None:
        """Take the sources of prices, stops and records."""
        self.additions = additions
        self.exchange = exchange
        self.open_trades = open_trades
        self.stop_of = stop_of

    def watch(self, trade: Trade, order: Order) -> bool:
        """Check a resting order once and count it; return True if its rest must be canceled."""
        is_addition = bool(trade.nr_of_successful_entries)
        if not order.safe_filled or (is_addition and not self.additions):
            return False
        record = self.open_trades.of(trade)
        before = record.resting_part
        looks = 1 if before is None or before.order_id != order.order_id else before.looks + 1
        record.resting_part = RestingPart(order.order_id, looks)
        price = self.exchange.get_rate(trade.pair, refresh=True, side="exit", is_short=trade.is_short)
        stop = trade.stop_loss if is_addition else self.stop_of(trade, order.safe_price)
        if beyond(side_of(trade), price, stop):
            why = "the price is beyond its stop"
        elif looks >= LOOPS_TO_WAIT:
            why = "it rests in a second loop, without a stop"
        else:
            return False
        what = "the addition to" if is_addition else "the entry into"
        if looks == LOOPS_TO_WAIT + TRIES:
            logger.error(
                "robustop: the rest of %s %s was not canceled %d times: its part may be below the smallest order of "
                "the exchange, which Freqtrade does not sell. Nothing protects it until the order is closed",
                what,
                trade.pair,
                TRIES,
            )
        logger.warning("robustop: %s %s was filled in part, and %s: the rest is canceled", what, trade.pair, why)
        return True
