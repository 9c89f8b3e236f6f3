"""Strategies with entries, sizes, and interfaces of their own, one of each kind."""

from datetime import datetime
from typing import Any

import talib.abstract as ta
from freqtrade.persistence import Trade
from freqtrade.strategy import IStrategy, informative
from pandas import DataFrame

from tests.support.kinds_base import Plain


class AveragesDown(Plain):
    """Buys more under water."""

    position_adjustment_enable = True
    max_entry_position_adjustment = 2

    def adjust_trade_position(
        self,
        trade: Trade,
        current_time: datetime,
        current_rate: float,
        current_profit: float,
        min_stake: float | None,
        max_stake: float,
        **kwargs: Any,
    ) -> float | None:
        """Buy once at each percent under water."""
        return 400.0 if current_profit < -0.008 * trade.nr_of_successful_entries else None


class AveragingOff(AveragesDown):
    """Would buy more, but is switched off."""

    position_adjustment_enable = False


class SellsParts(Plain):
    """Sells a half in profit."""

    position_adjustment_enable = True

    def adjust_trade_position(
        self, trade: Trade, current_time: datetime, current_rate: float, current_profit: float, **kwargs: Any
    ) -> tuple[float, str] | None:
        """Sell a half at 0.6 %."""
        if current_profit > 0.006 and trade.nr_of_successful_exits == 0:
            return -trade.stake_amount / 2, "own_half"
        return None


class OldConfirm(Plain):
    """Refuses entries by a signature of years ago, which raises on what came later by position."""

    def confirm_trade_entry(
        self, pair: str, order_type: str, amount: float, rate: float, time_in_force: str, **kwargs: Any
    ) -> bool:
        """Refuse what is not worth it: about half."""
        return kwargs["current_time"].hour % 2 == 0


class OldStake(Plain):
    """Chooses stakes by a signature of years ago."""

    def custom_stake_amount(
        self,
        pair: str,
        current_time: datetime,
        current_rate: float,
        proposed_stake: float,
        min_stake: float | None,
        max_stake: float,
        **kwargs: Any,
    ) -> float:
        """Stake by the hour."""
        return 100.0 + 10 * current_time.hour


class OldNames(IStrategy):  # type: ignore[misc]
    """The interface of years ago: buy and sell."""

    INTERFACE_VERSION = 2
    timeframe = "5m"
    stoploss = -0.03
    minimal_roi = {"0": 0.02}  # noqa: RUF012 (Freqtrade's form)
    use_sell_signal = True
    sell_profit_only = True
    startup_candle_count = 20

    def populate_indicators(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        """Add an average and the RSI."""
        dataframe["average"] = ta.EMA(dataframe, timeperiod=20)
        dataframe["rsi"] = ta.RSI(dataframe, timeperiod=14)
        return dataframe

    def populate_buy_trend(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        """Enter above the average."""
        dataframe.loc[dataframe["close"] > dataframe["average"] * 1.002, "buy"] = 1
        return dataframe

    def populate_sell_trend(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        """Leave when the RSI is high."""
        dataframe.loc[dataframe["rsi"] > 70, "sell"] = 1
        return dataframe

    def custom_sell(
        self, pair: str, trade: Trade, current_time: datetime, current_rate: float, current_profit: float, **kwargs: Any
    ) -> str | None:
        """Leave at a loss of 1 %."""
        return "own_sell" if current_profit < -0.01 else None


class Informative(Plain):
    """Looks at other timeframes and pairs."""

    @informative("1h")
    @informative("1h", "BTC/{stake}")
    def populate_indicators_1h(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        """Add the RSI of a few hours."""
        dataframe["rsi"] = ta.RSI(dataframe, timeperiod=3)
        return dataframe

    def populate_entry_trend(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        """Enter while the minutes are behind the hours of one of the two pairs."""
        weak = (dataframe["rsi"] < dataframe["rsi_1h"]) | (dataframe["rsi"] < dataframe["btc_usdt_rsi_1h"])
        dataframe.loc[weak & (dataframe["close"] > dataframe["average"]), "enter_long"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        """Leave when the minutes are ahead."""
        dataframe.loc[dataframe["rsi"] > dataframe["rsi_1h"] + 5, "exit_long"] = 1
        return dataframe


class FewStartupCandles(Plain):
    """Depends on the candle at which its data begin: a larger startup count would make other entries."""

    startup_candle_count = 3

    def populate_entry_trend(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        """Enter at every fortieth candle since the first."""
        dataframe.loc[dataframe.index % 40 == 39, "enter_long"] = 1
        return dataframe


class Shorts(Plain):
    """Trades both sides at three times leverage, with a stop of its own."""

    can_short = True
    use_custom_stoploss = True
    stoploss = -0.09

    def leverage(self, *args: Any, **kwargs: Any) -> float:
        """Trade at three times leverage."""
        return 3.0

    def populate_entry_trend(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        """Enter on a cross, up or down."""
        above = dataframe["close"] > dataframe["average"]
        dataframe.loc[above & ~above.shift(fill_value=True), "enter_long"] = 1
        dataframe.loc[~above & above.shift(fill_value=False), "enter_short"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        """Leave when the RSI is high or low."""
        dataframe.loc[dataframe["rsi"] > 68, "exit_long"] = 1
        dataframe.loc[dataframe["rsi"] < 32, "exit_short"] = 1
        return dataframe

    def custom_stoploss(
        self, pair: str, trade: Trade, current_time: datetime, current_rate: float, current_profit: float, **kwargs: Any
    ) -> float | None:
        """Trail by 1.5 % of the price in profit."""
        return -0.045 if current_profit > 0.015 else None


class ShortsTrailing(Shorts):
    """Trades both sides with Freqtrade's trailing stop."""

    use_custom_stoploss = False
    trailing_stop = True
    trailing_stop_positive = 0.02
    trailing_stop_positive_offset = 0.03
