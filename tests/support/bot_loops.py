"""Trades of Freqtrade's own bot, one loop or fill at a time, with the stop recorded around every fill."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from freqtrade.exceptions import PricingError
from freqtrade.persistence import Order, Trade

from robustop_plugin.audit.record import AuditRecord
from robustop_plugin.core.trade_state import TradeState
from tests.support.backtest_walks import Asked, asked_of
from tests.support.live_bot import LiveBot
from tests.support.selling_strategies import Sells

NONE = float("nan")
"""The rate returned when the exchange has none."""


class RecordList:
    """An audit sink that outlives the bot.

    Attributes:
        records: in order of arrival.
    """

    def __init__(self) -> None:
        """Start empty."""
        self.records: list[AuditRecord] = []

    def write(self, record: AuditRecord) -> None:
        """Store a record."""
        self.records.append(record)

    def flush(self) -> None:
        """Do nothing: records stay in memory."""


class Buying(Sells):
    """Buys more on request, and records the stop after each exit check and what robustop requested.

    Attributes:
        buys: stake to buy with.
        looked: Freqtrade's stop after the last exit check; None if there was none.
        asked: robustop's last answer to `adjust_trade_position`.
    """

    buys = 0.0
    looked: float | None = None
    asked: Asked | None = None

    def should_exit(self, trade: Trade, *args: Any, **kwargs: Any) -> list[Any]:
        """Record the stop after the exit check."""
        exits = super().should_exit(trade, *args, **kwargs)
        self.looked = trade.stop_loss
        return exits

    def _adjust_trade_position_internal(self, trade: Any, **kwargs: Any) -> Any:
        """Record what robustop sells."""
        wanted = super()._adjust_trade_position_internal(trade=trade, **kwargs)
        self.asked = asked_of(trade, wanted if wanted[0] is not None and wanted[0] < 0 else None)
        return wanted

    def adjust_trade_position(self, trade: Any, current_time: Any, **kwargs: Any) -> Any:
        """Buy with the requested stake; Freqtrade asks if robustop sells nothing."""
        stake, self.buys = self.buys, 0.0
        return stake if stake > 0 and not trade.has_open_orders else None


class Loops(LiveBot):
    """A bot whose exchange cancels orders on request, and sometimes has no rate."""

    def __init__(self, *args: Any, **over: Any) -> None:
        """Start with enough stake for everything."""
        super().__init__(*args, **over)
        self.bot.wallets.validate_stake_amount = lambda **asked: asked["stake_amount"]

    def bought(self, **over: Any) -> Trade:
        """Return a trade of 10 at 100, long or short."""
        away = 110.0 if over.get("is_short") else 90.0
        return super().bought(**{"stop_loss": away, "initial_stop_loss": away, **over})

    @contextmanager
    def at_rate(self) -> Iterator[None]:
        """Let the exchange answer at the current rate, and fail if it has none."""
        with super().at_rate(), patch.object(self.exchange, "cancel_order_with_result", self._cancelled):
            if self.rate == self.rate:
                yield
                return
            with patch.multiple(self.exchange, get_rate=self._no_rate, get_rates=self._no_rate):
                yield

    def _create(self, *, amount: float, **order: Any) -> dict[str, Any]:
        return super()._create(amount=self.exchange.amount_to_precision(order["pair"], amount), **order)

    @staticmethod
    def _no_rate(*_: Any, **__: Any) -> Any:
        raise PricingError("the order book is empty")

    def _cancelled(self, order_id: str, *_: Any) -> dict[str, Any]:
        order = Order.session.query(Order).filter(Order.order_id == order_id).one()
        filled = order.safe_filled
        return self._as_ccxt(order_id, order.side, order.safe_amount, order.price, filled, "canceled")

    def settle(self, order: Order, amount: float, status: str) -> None:
        """Fill an order up to an amount, set its status, and report it to Freqtrade."""
        report = self._as_ccxt(order.order_id, order.side, order.safe_amount, order.price, amount, status)
        with self.at_rate():
            self.bot.update_trade_state(order.trade, order.order_id, report)
        Trade.commit()

    def known(self, trade: Trade) -> TradeState | None:
        """Return the strategy's state of a trade."""
        return self.strategy._robustop.store.get(trade) if trade.is_open else None
