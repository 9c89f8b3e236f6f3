"""Enters every pair once, at the candle that the configuration names."""

# ruff: noqa: ARG002, RUF012 (Freqtrade's signatures; Freqtrade reads class attributes)

from typing import Any

import pandas as pd
from freqtrade.strategy import IStrategy
from pandas import DataFrame

from robustop_plugin import RobustopMixin


class OneEntry(RobustopMixin, IStrategy):
    """Long on spot, short on futures; its exits are robustop's."""

    timeframe = "1m"
    stoploss = -0.1
    minimal_roi: dict[str, float] = {}
    startup_candle_count = 600  # so many that Wilder's average forgets where they begin
    can_short = True
    order_types = {"entry": "market", "exit": "market", "stoploss": "market", "stoploss_on_exchange": False}

    def __init__(self, config: dict[str, Any]) -> None:
        """Spot has no shorts."""
        self.can_short = config["trading_mode"] == "futures"
        super().__init__(config)

    def populate_indicators(self, dataframe: DataFrame, metadata: dict[str, Any]) -> DataFrame:
        """Add nothing."""
        return dataframe

    def populate_entry_trend(self, dataframe: DataFrame, metadata: dict[str, Any]) -> DataFrame:
        """Signal at `one_entry_after`, the opening of a candle."""
        column = "enter_short" if self.can_short else "enter_long"
        dataframe[column] = (dataframe["date"] == pd.Timestamp(self.config["one_entry_after"])).astype(int)
        return dataframe

    def populate_exit_trend(self, dataframe: DataFrame, metadata: dict[str, Any]) -> DataFrame:
        """Give no signal."""
        return dataframe
