"""Freqtrade's own dry-run bot without its outer shell: its loop over open trades, and the fills of its orders.

Rates and orders come from the test; precision, limits and markets come from the loopback exchange. Everything else
is done by `FreqtradeBot` itself.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock, patch

from freqtrade.enums import MarginMode, State, TradingMode
from freqtrade.freqtradebot import FreqtradeBot
from freqtrade.persistence import Order, Trade
from freqtrade.strategy import IStrategy

from robustop_plugin.audit.file import AuditFile, read_audit
from tests.support.hand_candles import PAIR, at
from tests.support.host import Host
from tests.support.selling_strategies import Sells
from tests.support.trades import in_database

ORDER_NUMBERS = count(1)
"""Shared by all bots, because a restarted bot meets the orders of the one before."""


class LiveBot:
    """A bot that runs one loop at a time.

    Attributes:
        rate: the exchange's rate; `later` is the rate when positions are checked, None for the same rate.
        rests: True if orders rest until filled by hand; otherwise they fill at once.
        asked: side and amount of every order placed.
    """

    def __init__(self, host: Host, path: Path, strategy: type[IStrategy] = Sells, **over: Any) -> None:
        """Start, or restart on the same database and audit."""
        self.path, self.exchange = path, host.exchange
        self.rests, self.rate, self.later, self.asked = False, 100.0, None, []
        self.strategy = host.start(strategy, **{"runmode": "dry_run", **over})
        if hasattr(self.strategy, "_robustop"):
            self.strategy._robustop.recorder.sink = AuditFile(path)
        self.bot = FreqtradeBot.__new__(FreqtradeBot)
        self.bot.config, self.bot.strategy, self.bot.exchange = self.strategy.config, self.strategy, self.exchange
        self.bot.wallets, self.bot.rpc, self.bot.handle_protections = MagicMock(), MagicMock(), MagicMock()
        for name in ("get_free", "get_used", "get_available_stake_amount", "get_starting_balance"):
            getattr(self.bot.wallets, name).return_value = 1_000_000.0
        self.bot.trading_mode, self.bot.margin_mode = TradingMode.SPOT, MarginMode.NONE
        self.bot.state, self.bot._exit_reason_cache = State.RUNNING, {}
        self.bot.dataprovider = self.strategy.dp

    def bought(self, **over: Any) -> Trade:
        """Return a trade of 10 at 100 whose fill was just reported to the bot."""
        trade = in_database(**{"max_rate": None, "min_rate": None, "fee_open_currency": "USDT", **over})
        self.strategy.order_filled(pair=PAIR, trade=trade, order=trade.orders[0], current_time=at(0))
        self.strategy.ft_stoploss_adjust(trade.open_rate, trade, at(0), 0.0, 0, after_fill=True)
        Trade.commit()
        return trade

    def loop(self, rate: float) -> None:
        """Check open trades at a rate: stops and exits first, then positions, as Freqtrade's loop does."""
        self.rate = rate
        with self.at_rate():
            self.bot.exit_positions(Trade.get_open_trades())
            Trade.commit()
            if self.strategy.position_adjustment_enable:
                self.bot.process_open_trade_positions()
            Trade.commit()

    def fill(self, order: Order, amount: float | None = None, *, cancelled: bool = False) -> None:
        """Fill a resting order, wholly or up to an amount; the rest is cancelled or keeps resting."""
        filled = order.safe_amount if amount is None else amount
        done = "closed" if filled >= order.safe_amount else "open"
        report = self._as_ccxt(order.order_id, order.side, order.safe_amount, order.price, filled, done)
        with self.at_rate():
            if cancelled:
                gone = {**report, "status": "canceled"}
                with patch.object(self.exchange, "cancel_order_with_result", lambda *_: gone):
                    self.bot.handle_cancel_exit(order.trade, {**report, "status": "open"}, order, "timeout")
            else:
                self.bot.update_trade_state(order.trade, order.order_id, report)
        Trade.commit()

    @contextmanager
    def at_rate(self) -> Iterator[None]:
        """Let the exchange answer with the rate and accept orders."""
        over = {
            "get_rate": lambda *_, **__: self.rate,
            "get_rates": lambda *_, **__: (self.later or self.rate,) * 2,
            "get_funding_fees": lambda *_, **__: 0.0,
            "create_order": self._create,
        }
        with patch.multiple(self.exchange, **over):
            yield

    def _create(self, *, side: str, amount: float, rate: float, **_: Any) -> dict[str, Any]:
        self.asked.append((side, amount))
        number = f"{next(ORDER_NUMBERS)}-{side}"
        status, filled = ("open", 0.0) if self.rests else ("closed", amount)
        return self._as_ccxt(number, side, amount, rate, filled, status)

    @staticmethod
    def _as_ccxt(number: str, side: str, amount: float, rate: float, filled: float, status: str) -> dict[str, Any]:
        return {
            "id": number,
            "symbol": PAIR,
            "side": side,
            "type": "limit",
            "status": status,
            "price": rate,
            "average": rate,
            "amount": amount,
            "filled": filled,
            "remaining": amount - filled,
            "cost": filled * rate,
            "fee": {"currency": "USDT", "cost": 0.0, "rate": 0.0},
            "info": {},
        }

    def recorded(self, *names: str) -> list[tuple[Any, ...]]:
        """Return these fields of all records so far."""
        self.strategy._robustop.recorder.flush()
        return [tuple(record[name] for name in names) for record in read_audit(self.path)]
