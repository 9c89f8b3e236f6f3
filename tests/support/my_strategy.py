"""A user's strategy under the name that the README uses: above an average, with Freqtrade's own stop."""

from typing import Any, ClassVar

import talib.abstract as ta
from freqtrade.strategy import IStrategy
from pandas import DataFrame


class MyStrategy(IStrategy):
    """Enters above an average, and leaves the exits to the stop."""

    timeframe, stoploss = "1h", -0.10
    order_types: ClassVar[dict[str, Any]] = {
        "entry": "limit",
        "exit": "limit",
        "stoploss": "market",
        "stoploss_on_exchange": False,
    }

    def populate_indicators(self, dataframe: DataFrame, metadata: dict[str, Any]) -> DataFrame:
        """Add the average."""
        dataframe["average"] = ta.EMA(dataframe, timeperiod=50)
        return dataframe

    def populate_entry_trend(self, dataframe: DataFrame, metadata: dict[str, Any]) -> DataFrame:
        """Enter above it."""
        dataframe.loc[dataframe["close"] > dataframe["average"], "enter_long"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe: DataFrame, metadata: dict[str, Any]) -> DataFrame:
        """Never exit."""
        return dataframe
