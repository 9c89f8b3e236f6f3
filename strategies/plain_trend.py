"""A plain trend follower: enters when the fast average crosses above the slow one, exits when it crosses back."""

from typing import Any

import talib.abstract as ta
from freqtrade.strategy import IStrategy
from pandas import DataFrame


class PlainTrend(IStrategy):
    """Two averages, and Freqtrade's own wide stop."""

    timeframe = "5m"
    stoploss = -0.10
    minimal_roi: dict[str, float] = {}  # noqa: RUF012 (disables it in Freqtrade)
    startup_candle_count = 900
    # Freqtrade's default is a limit order, which may rest at the own side of the book while the price falls.
    order_types = {  # noqa: RUF012 (Freqtrade reads it)
        "entry": "limit",
        "exit": "limit",
        "stoploss": "market",
        "stoploss_on_exchange": False,
    }

    def populate_indicators(self, dataframe: DataFrame, metadata: dict[str, Any]) -> DataFrame:
        """Add the two averages."""
        dataframe["fast"] = ta.EMA(dataframe, timeperiod=32)
        dataframe["slow"] = ta.EMA(dataframe, timeperiod=128)
        return dataframe

    def populate_entry_trend(self, dataframe: DataFrame, metadata: dict[str, Any]) -> DataFrame:
        """Enter when the fast average crosses above the slow one."""
        above = dataframe["fast"] > dataframe["slow"]
        crossed = above & ~above.shift(1, fill_value=True)
        dataframe.loc[crossed & (dataframe["volume"] > 0), "enter_long"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe: DataFrame, metadata: dict[str, Any]) -> DataFrame:
        """Leave when it crosses back."""
        dataframe.loc[dataframe["fast"] < dataframe["slow"], "exit_long"] = 1
        return dataframe
