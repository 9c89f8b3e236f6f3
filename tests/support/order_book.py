"""The orders of an exchange that outlives any bot: they rest, fill in parts, and are cancelled."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from unittest.mock import patch

from freqtrade import freqtradebot
from freqtrade.enums import TradingMode
from freqtrade.exceptions import InsufficientFundsError
from freqtrade.exchange import Exchange
from freqtrade.persistence import trade_model

OPENS = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


class Clock(datetime):
    """A `datetime` whose `now` is the exchange's.

    Attributes:
        moment: what `now` returns.
    """

    moment = OPENS

    @classmethod
    def now(cls, tz: Any = None) -> datetime:
        """Return the current moment of the test."""
        return Clock.moment


class Book:
    """All orders of one exchange.

    Attributes:
        rate: price of every pair that is missing in `rates`.
        rates: prices of single pairs.
        rests: True if new orders rest; otherwise they fill at once.
        orders: by id, as ccxt reports them.
        later: more exchange calls to replace, by name.
    """

    def __init__(self, rate: float = 100.0) -> None:
        """Open the exchange."""
        self.rate, self.rests = rate, True
        self.rates: dict[str, float] = {}
        self.orders: dict[str, dict[str, Any]] = {}
        self.new_candle = False
        Clock.moment = OPENS

    def at(self, pair: str) -> float:
        """Return the price of a pair."""
        return self.rates.get(pair, self.rate)

    def create(self, *, pair: str, side: str, amount: float, rate: float, **order: Any) -> dict[str, Any]:
        """Accept an order; reject a sale beyond the balance, as when a part was sold after the bot had counted."""
        amount, reduces = self.exchange.amount_to_precision(pair, amount), order.get("reduceOnly")
        if (reduces or (side == "sell" and reduces is False and not self.futures)) and amount > self.free_balance(
            pair, side
        ):
            raise InsufficientFundsError(f"{amount} of {pair} are not there")
        number = f"{len(self.orders) + 1}"
        report = {
            "id": number,
            "symbol": pair,
            "side": side,
            "type": order.get("ordertype", "limit"),
            "status": "open",
            "price": rate,
            "average": rate,
            "amount": amount,
            "filled": 0.0,
            "timestamp": int(Clock.moment.timestamp() * 1000),
            "lastTradeTimestamp": int(Clock.moment.timestamp() * 1000),
            "fee": {"currency": "USDT", "cost": 0.0, "rate": 0.0},
            "info": {},
        }
        self.orders[number] = report
        self.fill(number, 0.0 if self.rests else None)
        return self.fetch(number)

    def fill(self, number: str, amount: float | None = None, average: float | None = None) -> None:
        """Fill an order up to an amount, or wholly."""
        order = self.orders[number]
        filled = order["amount"] if amount is None else amount
        assert order["filled"] <= filled <= order["amount"]
        order.update(
            filled=filled,
            remaining=order["amount"] - filled,
            average=average or order["average"],
            cost=filled * (average or order["average"]),
            lastTradeTimestamp=int(Clock.moment.timestamp() * 1000),
        )
        if filled == order["amount"]:
            order["status"] = "closed"

    def free_balance(self, pair: str, side: str) -> float:
        """Return the balance of a pair that no order is selling yet."""
        orders = [order for order in self.orders.values() if order["symbol"] == pair]
        held = sum(Decimal(repr(order["filled"])) * (-1 if order["side"] == side else 1) for order in orders)
        selling = [order for order in orders if order["side"] == side and order["status"] == "open"]
        asked = sum(Decimal(repr(order["amount"])) - Decimal(repr(order["filled"])) for order in selling)
        return float(held - asked)

    def withdraw(self, pair: str) -> None:
        """Remove the balance of a pair; its orders no longer belong to anyone."""
        self.orders = {
            number: {**order, "symbol": ""} if order["symbol"] == pair else order
            for number, order in self.orders.items()
        }

    def cancel(self, number: str, *_: Any, **__: Any) -> dict[str, Any]:
        """Cancel the rest of an order."""
        if self.orders[number]["status"] == "open":
            self.orders[number]["status"] = "canceled"
        return self.fetch(number)

    def fetch(self, number: str, *_: Any, **__: Any) -> dict[str, Any]:
        """Return an order as ccxt reports it."""
        return dict(self.orders[number])

    def open(self) -> list[str]:
        """Return the ids of the resting orders."""
        return [number for number, order in self.orders.items() if order["status"] == "open"]

    @contextmanager
    def behind(self, exchange: Exchange) -> Iterator[None]:
        """Replace the exchange's order calls and the clock; precision, limits and markets stay Freqtrade's."""
        self.exchange, self.futures = exchange, exchange.trading_mode == TradingMode.FUTURES
        over = {
            "get_rate": lambda pair, *_, **__: self.at(pair),
            "get_rates": lambda pair, *_, **__: (self.at(pair),) * 2,
            "fetch_ticker": lambda pair, *_, **__: dict.fromkeys(("bid", "ask", "last"), self.at(pair)),
            "get_funding_fees": lambda *_, **__: 0.0,
            "create_order": self.create,
            "fetch_order": self.fetch,
            "fetch_order_or_stoploss_order": self.fetch,
            "cancel_order_with_result": self.cancel,
        }
        with ExitStack() as stack:
            stack.enter_context(patch.multiple(exchange, **over))
            stack.enter_context(patch.object(freqtradebot, "datetime", Clock))
            stack.enter_context(patch.object(trade_model, "dt_now", Clock.now))
            if self.new_candle:
                later = lambda *_: Clock.moment + MINUTE  # noqa: E731
                stack.enter_context(patch.object(freqtradebot, "timeframe_to_next_date", later))
            yield
