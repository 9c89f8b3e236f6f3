"""The drawdown of the portfolio: equity of all positions together, its peak, and the fall from it.

Equity is Freqtrade's starting balance, the profit of closed trades, and that of open positions at the last price
seen: a bot's last look, a backtest's last open. It is judged once every position has been looked at at one moment, so
that the prices in it belong together. The peak is kept as profit: paying in or out is no rise and no fall.
"""

import logging
import math
from collections.abc import Callable, Collection
from datetime import datetime

from freqtrade.persistence import LocalTrade, Trade
from freqtrade.strategy import IStrategy

from robustop_plugin.bridge.facts.identity import side_of
from robustop_plugin.bridge.state.live_trade import PriceSeen
from robustop_plugin.bridge.state.open_trades import OpenTrades
from robustop_plugin.core.facts import is_price

logger = logging.getLogger(__name__)

BLIND_TO_TELL = 100
"""After a start a bot needs one look at all positions; where it still lacks a price after so many, it says so."""

ROUNDING = 1e-9
"""In percent: a fall of just the limit counts, whatever the last digit of a sum."""


class PortfolioDrawdown:
    """All the positions of one bot, or of one backtest.

    Attributes:
        percent: the fall from the peak that is too far, in percent of the equity at the peak.
        peak: highest profit so far, in stake currency; None before the first one is known.
    """

    def __init__(
        self, percent: float, balance: Callable[[], float], open_trades: OpenTrades, *, simulated: bool
    ) -> None:
        """Take the limit, what returns the starting balance, and the records that hold the last prices."""
        self.percent = percent
        self.peak: float | None = None
        self._balance = balance
        self._open_trades = open_trades
        self._simulated = simulated
        self.start_over()

    def start_over(self) -> None:
        """Start as a new backtest does: with no trade and no profit."""
        self.peak = 0.0 if self._simulated else None
        self._start = math.nan
        self._moment: datetime | None = None
        self._blind = 0
        for _, record in self._open_trades:
            record.price_seen = None

    def on_backtest_price(self, trade: Trade, price: float, now: datetime) -> str | None:
        """Take the price of a position in a backtest; return how far the portfolio has fallen, None for not too far."""
        fallen = None
        if now != self._moment:
            # Not all positions have a candle at every moment: the one before is over now.
            fallen = None if self._moment is None else self.check()
            self._moment = now
        self._take_price(trade, price, now)
        complete = all(self._is_seen(other, now) for other in LocalTrade.bt_trades_open if other.amount)
        return fallen or (self.check() if complete else None)

    def on_price(self, trade: Trade, price: float) -> None:
        """Take the price of a position of a bot."""
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
        """Return how far the portfolio has fallen from its peak, in words; None where that is not too far."""
        profit = self._profit()
        if profit is None:
            return None
        if not math.isfinite(self._start):
            self._start = self._balance()
        if self.peak is None or profit >= self.peak:
            self.peak = profit
            return None
        equity = self._start + self.peak
        fall = 100 * (self.peak - profit) / equity if equity > 0 else math.nan
        if not fall >= self.percent - ROUNDING:
            return None
        return (
            f"{fall:.2f} % from the peak of {equity:.2f} to {self._start + profit:.2f}; {self.percent:g} % is allowed"
        )

    def _profit(self) -> float | None:
        """Return the profit of closed and open trades; None while a bot has not seen all of its positions."""
        if self._simulated:
            trades: Collection[Trade] = LocalTrade.bt_trades_open
            closed = LocalTrade.bt_total_profit
        else:
            trades = Trade.get_trades_proxy(is_open=True)
            closed = Trade.get_total_closed_profit()
            if any(trade.is_open and trade.amount and self._last_price(trade) is None for trade in trades):
                self._blind += 1
                if self._blind == BLIND_TO_TELL:
                    logger.warning("robustop: the drawdown is not judged: there is an open trade without a price")
                return None
            self._blind = 0
        return float(closed + sum(profit_at(trade, self._last_price(trade) or trade.open_rate) for trade in trades))


def profit_at(trade: Trade, price: float) -> float:
    """Return the profit of a trade, what was sold of it included, if the rest were closed at this price.

    It is the host's own number: in floats, and so without the time that the host takes for each.
    """
    if not trade.is_open:
        # Closed a moment ago, and not yet among the closed ones in the database.
        return float(trade.close_profit_abs or 0.0)
    if not trade.amount:
        return float(trade.realized_profit or 0.0)
    gain = side_of(trade) * trade.amount * (price - trade.open_rate)
    fees = trade.amount * (trade.open_rate * (trade.fee_open or 0.0) + price * (trade.fee_close or 0.0))
    return float(gain - fees + (trade.funding_fees or 0.0) + (trade.realized_profit or 0.0))


def starting_balance(strategy: IStrategy) -> float:
    """Return what the bot started with, in stake currency, as Freqtrade counts it."""
    config = strategy.config
    if "available_capital" in config:
        return float(config["available_capital"])
    if config.get("dry_run"):
        wallet = config["dry_run_wallet"]
        balance = wallet.get(config["stake_currency"], 0.0) if isinstance(wallet, dict) else wallet
        return float(balance) * float(config["tradable_balance_ratio"])
    return float(strategy.wallets.get_starting_balance())
