"""A bot whose limit orders rest until a test fills them, and whose loop handles open orders first."""

from contextlib import ExitStack
from typing import Any
from unittest.mock import patch

from freqtrade.persistence import Order, Trade

from robustop_plugin.core.decision import Level, Rule
from tests.support.bot_loops import Loops
from tests.support.hand_candles import Hand
from tests.support.live_bot import ORDER_NUMBERS

ORDERS = {"entry": "market", "exit": "limit", "stoploss": "market", "stoploss_on_exchange": False}


class Limits(Hand):
    """Uses limit orders for exits and market orders for stops."""

    order_types = ORDERS


class Exchange(Loops):
    """A bot on an exchange where limit orders rest and market orders fill at once."""

    def _create(self, *, ordertype: str, **order: Any) -> dict[str, Any]:
        self.rests = ordertype == "limit"
        return {**super()._create(**order), "type": ordertype}

    def _fetched(self, order_id: str, *_: Any, **__: Any) -> dict[str, Any]:
        order = Order.session.query(Order).filter(Order.order_id == order_id).one()
        report = self._as_ccxt(order_id, order.side, order.safe_amount, order.price, order.safe_filled, "open")
        return {**report, "type": order.order_type}

    def loop(self, rate: float) -> None:
        """Check each open order for a timeout, then positions, as Freqtrade does."""
        self.rate = rate
        with ExitStack() as stack:
            stack.enter_context(self.at_rate())
            stack.enter_context(patch.object(self.exchange, "fetch_order", self._fetched))
            self.bot.manage_open_orders()
        super().loop(rate)

    def rest(self, trade: Trade, side: str, amount: float, price: float, tag: str = "mine") -> Order:
        """Add a resting order to a trade, placed by someone else."""
        self.asked.append((side, amount))
        report = self._as_ccxt(f"{len(self.asked)}-{side}-{next(ORDER_NUMBERS)}", side, amount, price, 0.0, "open")
        order = Order.parse_from_ccxt_object(report, trade.pair, side, amount, price)
        order.ft_order_tag = tag
        trade.orders.append(order)
        Trade.commit()
        return order

    def reasons(self, trade: Trade) -> list[tuple[str | None, str | None, float]]:
        """Return tag, type and price of each exit order."""
        orders = [order for order in trade.orders if order.ft_order_side == trade.exit_side]
        return [(order.ft_order_tag, order.order_type, order.safe_price) for order in orders]


def wants(strategy: Any, trade: Trade, price: float) -> None:
    """Make a level desired that Freqtrade was not told, as happens under water."""
    state = strategy._robustop.store.get(trade)
    state.memory = state.memory._replace(level=Level(price, "hand_span", Rule.TRAIL))
