"""Freqtrade's own bot, live, with its stop as an order on an exchange that the test controls."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

from freqtrade.exceptions import InvalidOrderException
from freqtrade.persistence import Order, Trade

from tests.support.hand_candles import PAIR, Hand
from tests.support.host import Host
from tests.support.live_bot import ORDER_NUMBERS
from tests.support.resting_bots import Exchange

ON_EXCHANGE = {
    "entry": "limit",
    "exit": "market",
    "emergency_exit": "market",
    "stoploss": "limit",
    "stoploss_on_exchange": True,
}


class OnExchange(Hand):
    """Has its stop on the exchange."""

    order_types = ON_EXCHANGE


class StopOrderBot(Exchange):
    """A live bot on an exchange with stop orders.

    Attributes:
        stops: the stop orders, by identifier, as the exchange reports them.
        placed: stop price and amount of every stop order that the exchange accepted.
        refusal: raised instead of accepting a stop order; None to accept.
        fills: True if the exchange fills a stop order that the price reaches, False if it rests beyond its limit.
        calls: every call that changed an order, in order.
    """

    def __init__(self, host: Host, *args: Any, blocks: bool = True, **over: Any) -> None:
        """Start live; `blocks` says whether stop orders block the coins."""
        self.stops: dict[str, dict[str, Any]] = {}
        self.placed: list[tuple[float, float]] = []
        self.calls: list[str] = []
        self.refusal: Exception | None = None
        self.fills, self.blocks = True, blocks
        options = {**host.base["exchange"], "_ft_has_params": {"stoploss_blocks_assets": blocks}}
        super().__init__(host, *args, **{"runmode": "live", "exchange": options, **over})
        self.strategy.config["dry_run"] = False

    @contextmanager
    def at_rate(self) -> Iterator[None]:
        """Let the exchange handle stop orders too."""
        over = {
            "create_stoploss": self._stop,
            "fetch_stoploss_order": self._stop_report,
            "cancel_stoploss_order_with_result": self._stop_canceled,
            "get_option": self._option,
        }
        with super().at_rate(), ExitStack() as stack:
            for name, function in over.items():
                stack.enter_context(patch.object(self.exchange, name, function))
            yield

    def _option(self, name: str, default: Any = None) -> Any:
        options = {"stoploss_blocks_assets": self.blocks}
        return options.get(name, self.exchange._ft_has.get(name, default))

    def _stop(self, *, pair: str, amount: float, stop_price: float, side: str, **_: Any) -> dict[str, Any]:
        if self.refusal is not None:
            raise self.refusal
        if self._reaches(side, stop_price):
            raise InvalidOrderException("Stop price would trigger immediately.")
        number = f"stop-{next(ORDER_NUMBERS)}"
        order = {
            **self._as_ccxt(number, side, amount, stop_price * 0.99, 0.0, "open"),
            "symbol": pair,
            "type": "stop_loss_limit",
            "stopPrice": stop_price,
        }
        self.stops[number] = order
        self.placed.append((stop_price, amount))
        self.calls.append("stop")
        return order

    def _reaches(self, side: str, stop: float) -> bool:
        return self.rate <= stop if side == "sell" else self.rate >= stop

    def _stop_report(self, order_id: str, *_: Any, **__: Any) -> dict[str, Any]:
        order = self.stops[order_id]
        if order["status"] == "open" and self.fills and self._reaches(order["side"], order["stopPrice"]):
            order |= {"status": "closed", "filled": order["amount"], "remaining": 0.0, "average": self.rate}
            order["cost"] = order["amount"] * self.rate
        return dict(order)

    def _stop_canceled(self, order_id: str, *_: Any) -> dict[str, Any]:
        self.stops[order_id]["status"] = "canceled"
        self.calls.append("cancel")
        return dict(self.stops[order_id])

    def _create(self, **order: Any) -> dict[str, Any]:
        self.calls.append("exit" if order["side"] == "sell" else "entry")
        return super()._create(**order)

    @property
    def live_stops(self) -> list[float]:
        """The prices of the stop orders that rest."""
        return [order["stopPrice"] for order in self.stops.values() if order["status"] == "open"]

    def cancel_by_hand(self) -> None:
        """Cancel all stop orders on the exchange."""
        for order in self.stops.values():
            order["status"] = "canceled"

    def left(self, trade: Trade) -> list[tuple[str | None, str | None]]:
        """Return tag and type of each exit order of a trade."""
        orders: list[Order] = [order for order in trade.orders if order.ft_order_side == trade.exit_side]
        return [(order.ft_order_tag, order.order_type) for order in orders]


__all__ = ["ON_EXCHANGE", "PAIR", "OnExchange", "StopOrderBot"]
