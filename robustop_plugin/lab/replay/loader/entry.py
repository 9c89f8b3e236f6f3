"""An entry that Freqtrade may make, and the terms that it asks the exchange for."""

import math
from typing import Any, NamedTuple

from freqtrade.enums import TradingMode
from freqtrade.exchange import amount_to_contract_precision, price_to_precision
from freqtrade.exchange.exchange import TICK_SIZE
from freqtrade.optimize.backtesting import Backtesting

from robustop_plugin.lab.replay.kernel.host_arithmetic import product
from robustop_plugin.lab.replay.loader.packed_rows import DATE, ENTER_TAG, OPEN

RESERVE = -0.05
"""Stop-loss ratio for which Freqtrade reserves when it asks for the smallest stake."""


class Entry(NamedTuple):
    """An entry that Freqtrade may make.

    Attributes:
        backtesting: Freqtrade's backtester.
        pair: Name of the pair.
        row: Freqtrade's row of the candle.
        side: +1 long, -1 short.
        tick_size: Step of prices.
    """

    backtesting: Backtesting
    pair: str
    row: Any
    side: int
    tick_size: float

    def terms(self) -> tuple[float, float, float, float]:
        """Return leverage, smallest and largest stake, and the liquidation price; NaN for none."""
        exchange, rate = self.backtesting.exchange, self.row[OPEN]
        if self.backtesting.trading_mode != TradingMode.FUTURES:
            least, most = self.bounds(1.0)
            return 1.0, least, most, math.nan
        stake = float(self.backtesting.config["stake_amount"])
        leverage = self.leverage(float(exchange.get_max_leverage(self.pair, stake)))
        least, most = self.bounds(leverage)
        stake = min(max(stake, least), most)
        amount = amount_to_contract_precision(
            stake / rate * leverage,
            exchange.get_precision_amount(self.pair),
            self.backtesting.precision_mode,
            exchange.get_contract_size(self.pair),
        )
        return leverage, least, most, self.liquidation(amount, leverage) if amount else math.nan

    def bounds(self, leverage: float) -> tuple[float, float]:
        """Return the smallest stake, 0 for no limit, and the largest, in stake currency."""
        exchange, rate = self.backtesting.exchange, self.row[OPEN]
        least = exchange.get_min_pair_stake_amount(self.pair, rate, RESERVE, leverage=leverage) or 0.0
        return float(least), float(exchange.get_max_pair_stake_amount(self.pair, rate, leverage=leverage))

    def leverage(self, most: float) -> float:
        """Return the leverage that the strategy chooses, within the exchange's limits."""
        wanted = self.backtesting.strategy.leverage(
            pair=self.pair,
            current_time=self.row[DATE].to_pydatetime(),
            current_rate=self.row[OPEN],
            proposed_leverage=1.0,
            max_leverage=most,
            side="long" if self.side > 0 else "short",
            entry_tag=self.row[ENTER_TAG],
        )
        return float(min(max(wanted, 1.0), most))

    def liquidation(self, amount: float, leverage: float) -> float:
        """Return the price at which the exchange closes the position, on the grid; NaN for none."""
        rate = self.row[OPEN]
        stake = product(rate, amount) / leverage
        price = self.backtesting.exchange.get_liquidation_price(
            pair=self.pair,
            open_rate=rate,
            is_short=self.side < 0,
            amount=amount,
            stake_amount=stake,
            leverage=leverage,
            wallet_balance=stake,
        )
        return float(price_to_precision(price, self.tick_size, TICK_SIZE)) if price else math.nan
