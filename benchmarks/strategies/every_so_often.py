"""Regular entries, each closed after half an hour, to measure how the cost grows with the number of trades."""

# ruff: noqa: ARG002 (Freqtrade's signatures)

from typing import Any

from pandas import DataFrame
from plain_trend import PlainTrend

from robustop_plugin import RobustopMixin


class EveryHundredth(RobustopMixin, PlainTrend):
    """Enters at every hundredth candle."""

    every = 100
    robustop = {  # noqa: RUF012 (read only)
        "engines": [{"name": "hand_span"}],
        "initial_stop": {"kind": "atr", "multiplier": 6.0},
        "time_stop_hours": 0.5,
        "breakeven": {"mode": "percent"},
    }

    def populate_entry_trend(self, dataframe: DataFrame, metadata: dict[str, Any]) -> DataFrame:
        """Enter at regular candles."""
        dataframe.loc[dataframe.index % self.every == 0, "enter_long"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe: DataFrame, metadata: dict[str, Any]) -> DataFrame:
        """Leave the exits to the stops."""
        return dataframe


class EveryTenth(EveryHundredth):
    """Enters at every tenth candle."""

    every = 10
