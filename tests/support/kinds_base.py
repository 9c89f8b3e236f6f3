"""The strategy whose entries all kinds of strategies share."""

import talib.abstract as ta
from freqtrade.strategy import IStrategy
from pandas import DataFrame


class Plain(IStrategy):  # type: ignore[misc]
    """Enters when the close crosses its average upward; leaves when the RSI is high. No callbacks."""

    timeframe = "5m"
    stoploss = -0.03
    minimal_roi = {}  # noqa: RUF012 (Freqtrade's form)
    startup_candle_count = 20

    def populate_indicators(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        """Add an average and the RSI."""
        dataframe["average"] = ta.EMA(dataframe, timeperiod=20)
        dataframe["rsi"] = ta.RSI(dataframe, timeperiod=14)
        return dataframe

    def populate_entry_trend(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        """Enter on a cross."""
        above = dataframe["close"] > dataframe["average"]
        dataframe.loc[above & ~above.shift(fill_value=True), ["enter_long", "enter_tag"]] = (1, "cross")
        return dataframe

    def populate_exit_trend(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        """Leave when the RSI is high."""
        dataframe.loc[dataframe["rsi"] > 68, "exit_long"] = 1
        return dataframe
