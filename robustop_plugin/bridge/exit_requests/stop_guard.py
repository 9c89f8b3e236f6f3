"""Leaves a position whose stop should rest on the exchange, but does not protect it while the price is beyond the stop.

Freqtrade does not check a stop itself while it is meant to rest on the exchange. The order may be missing all the same:
it was refused, canceled by hand, or canceled for an exit that rests. It may be looser than the stop, because it has not
been moved yet. Or it was triggered, and rests because the price has jumped beyond its limit. The guard looks at what
Freqtrade knows of the order, and asks the exchange nothing.
"""

import logging
from datetime import datetime

from freqtrade.persistence import Order, Trade

from robustop_plugin.bridge.facts.exchange_stop import ExchangeStop
from robustop_plugin.bridge.facts.identity import side_of
from robustop_plugin.bridge.facts.stop_ratio import tick_size_of
from robustop_plugin.bridge.state.last_checks import BeyondStop
from robustop_plugin.bridge.state.open_trades import OpenTrades
from robustop_plugin.core.facts import is_price
from robustop_plugin.core.side import beyond, tighter

logger = logging.getLogger(__name__)

LOOKS_TO_FILL = 1
"""For this many looks beyond the stop, an order that rests there may still be about to be filled."""
SAME = 1.25
"""In ticks: how far Freqtrade's rounding may put a stop order from the stop."""


class StopGuard:
    """Watches the stop orders of one strategy's trades.

    Attributes:
        stop: How stops rest on the exchange.
        open_trades: The records that count the looks.
    """

    def __init__(self, stop: ExchangeStop, open_trades: OpenTrades) -> None:
        """Take how stops rest on the exchange, and the records."""
        self.stop = stop
        self.open_trades = open_trades

    def leaves(self, trade: Trade, price: float, now: datetime) -> bool:
        """Look at a trade once at this time; return True if it has to be left at market.

        Args:
            trade: Freqtrade's trade.
            price: The price at which Freqtrade would close it.
            now: The current time.
        """
        record = self.open_trades.of(trade)
        if not is_beyond_stop(trade, price):
            record.beyond_stop = None
            return False
        seen = record.beyond_stop
        if seen is None or seen.now != now:
            seen = record.beyond_stop = BeyondStop(now, 1 if seen is None else seen.looks + 1)
        return seen.looks > self._looks_to_wait(trade, price)

    def _looks_to_wait(self, trade: Trade, price: float) -> float:
        """Return for how many looks the order of a trade may still be filled."""
        if not any(protects(trade, order) for order in trade.open_sl_orders):
            return 0
        side = side_of(trade)
        limit = self.stop.worst_price(side, trade.stop_loss)
        rests = self.stop.limit_ratio is not None and beyond(side, price, limit)
        # By the mark price the order may rightly not be triggered yet, and a market order does not rest.
        return LOOKS_TO_FILL if rests or self.stop.triggers_on_last else float("inf")


def is_beyond_stop(trade: Trade, price: float | None) -> bool:
    """Return True if a price has reached Freqtrade's stop."""
    return is_price(price) and is_price(trade.stop_loss) and beyond(side_of(trade), price or 0.0, trade.stop_loss)


def protects(trade: Trade, order: Order) -> bool:
    """Return True if an open stop order is at Freqtrade's stop or tighter. An order of unknown price counts."""
    price = stop_price(order)
    if price is None:
        return True
    side = side_of(trade)
    return not tighter(side, trade.stop_loss - side * SAME * tick_size_of(trade, trade.stop_loss), price)


def stop_price(order: Order) -> float | None:
    """Return the price at which a stop order is triggered; None if unknown."""
    price = order.stop_price or order.ft_price
    return float(price) if is_price(price) else None
