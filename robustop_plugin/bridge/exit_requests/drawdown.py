"""Measures the portfolio's drawdown: the fall of the total equity from its peak.

Equity is Freqtrade's starting balance plus the profit of closed trades and of open positions at their last prices:
those of a bot's last check, or of a backtest's last open. It is checked once every position has a price, in a backtest
one of the same time. The peak is kept as profit, so that deposits and withdrawals do not move it.
"""

import logging
import math
from collections.abc import Callable, Collection
from datetime import datetime

from freqtrade.persistence import LocalTrade, Trade
from freqtrade.strategy import IStrategy

from robustop_plugin.bridge.facts.identity import side_of
from robustop_plugin.bridge.state.last_checks import PriceSeen
from robustop_plugin.bridge.state.open_trades import OpenTrades
from robustop_plugin.core.equity import fall_from_peak, open_profit, reaches
from robustop_plugin.core.facts import is_price

logger = logging.getLogger(__name__)

CHECKS_BEFORE_WARNING = 100
"""A bot needs a price of every position. If one is still missing after this many checks, that is logged."""


class PortfolioDrawdown:
    """The drawdown of all positions of one bot, or of one backtest.

    Attributes:
        percent: The limit, in percent of the equity at the peak.
        peak: The highest profit so far, in stake currency; None until the first one is known.
    """

    def __init__(
        self, percent: float, balance: Callable[[], float], open_trades: OpenTrades, *, simulated: bool
    ) -> None:
        """Take the limit, a function that returns the starting balance, and the records that hold the last prices."""
        self.percent = percent
        self.peak: float | None = None
        self._balance = balance
        self._open_trades = open_trades
        self._simulated = simulated
        self.start_over()

    def start_over(self) -> None:
        """Start a new backtest: no trades and no profit."""
        self.peak = 0.0 if self._simulated else None
        self._start = math.nan
        self._moment: datetime | None = None
        self._checks_without_price = 0
        for _, record in self._open_trades:
            record.price_seen = None

    def on_backtest_price(self, trade: Trade, price: float, now: datetime) -> str | None:
        """Take a position's price in a backtest; return the drawdown in words, None while it is below the limit."""
        drawdown = None
        if now != self._moment:
            # Not every position has a candle at every time, so the previous time is checked with what it had.
            drawdown = None if self._moment is None else self.check()
            self._moment = now
        self._take_price(trade, price, now)
        complete = all(self._is_seen(other, now) for other in LocalTrade.bt_trades_open if other.amount)
        return drawdown or (self.check() if complete else None)

    def on_price(self, trade: Trade, price: float) -> None:
        """Take a position's price in a bot."""
        self._take_price(trade, price, None)

    def _take_price(self, trade: Trade, price: float, now: datetime | None) -> None:
        known = price if is_price(price) else self._last_price(trade)
        self._open_trades.of(trade).price_seen = PriceSeen(known, now)

    def _is_seen(self, trade: Trade, now: datetime) -> bool:
        seen = self._open_trades.of(trade).price_seen
        return seen is not None and seen.seen_at == now

    def _last_price(self, trade: Trade) -> float | None:
        seen = self._open_trades.of(trade).price_seen
        return None if seen is None else seen.price

    def check(self) -> str | None:
        """Return the drawdown in words if it has reached the limit, else None; update the peak."""
        profit = self._profit()
        if profit is None:
            return None
        if not math.isfinite(self._start):
            self._start = self._balance()
        if self.peak is None or profit >= self.peak:
            self.peak = profit
            return None
        fall = fall_from_peak(self._start, self.peak, profit)
        if not reaches(fall, self.percent):
            return None
        equity = self._start + self.peak
        return (
            f"{fall:.2f} % from the peak of {equity:.2f} to {self._start + profit:.2f}; {self.percent:g} % is allowed"
        )

    def _profit(self) -> float | None:
        """Return the profit of all trades, in stake currency; None while a bot lacks the price of a position."""
        if self._simulated:
            trades: Collection[Trade] = LocalTrade.bt_trades_open
            closed = LocalTrade.bt_total_profit
        else:
            trades = Trade.get_trades_proxy(is_open=True)
            closed = Trade.get_total_closed_profit()
            if any(trade.is_open and trade.amount and self._last_price(trade) is None for trade in trades):
                self._checks_without_price += 1
                if self._checks_without_price == CHECKS_BEFORE_WARNING:
                    logger.warning("robustop: the drawdown is not checked: an open trade has no price")
                return None
            self._checks_without_price = 0
        return float(closed + sum(profit_at(trade, self._last_price(trade) or trade.open_rate) for trade in trades))


def profit_at(trade: Trade, price: float) -> float:
    """Return the profit of a trade if its rest were closed at this price, including its partial exits.

    In stake currency. It equals Freqtrade's own number, but uses floats, which takes less time.
    """
    if not trade.is_open:
        # Just closed, and not yet among the closed trades of the database.
        return float(trade.close_profit_abs or 0.0)
    if not trade.amount:
        return float(trade.realized_profit or 0.0)
    return float(
        open_profit(
            side_of(trade),
            trade.amount,
            trade.open_rate,
            price,
            trade.fee_open or 0.0,
            trade.fee_close or 0.0,
            trade.funding_fees or 0.0,
            trade.realized_profit or 0.0,
        )
    )


def starting_balance(strategy: IStrategy) -> float:
    """Return the starting balance as Freqtrade counts it, in stake currency."""
    config = strategy.config
    if "available_capital" in config:
        return float(config["available_capital"])
    if config.get("dry_run"):
        wallet = config["dry_run_wallet"]
        balance = wallet.get(config["stake_currency"], 0.0) if isinstance(wallet, dict) else wallet
        return float(balance) * float(config["tradable_balance_ratio"])
    return float(strategy.wallets.get_starting_balance())
