"""A trend follower on futures, long and short with 3x leverage, under the hand-span stop of robustop."""

from datetime import datetime
from typing import Any

from pandas import DataFrame
from plain_trend import PlainTrend

from robustop_plugin import RobustopMixin


class TwoWayTrend(RobustopMixin, PlainTrend):
    """Enters in the direction of a cross; breakeven includes the actual fees and funding."""

    can_short = True
    stoploss = -0.30
    robustop = {  # noqa: RUF012 (read only)
        "engines": [{"name": "hand_span"}],
        "initial_stop": {"kind": "atr", "multiplier": 6.0},
        "breakeven": {"mode": "exact"},
    }

    def leverage(self, pair: str, current_time: datetime, current_rate: float, **kwargs: Any) -> float:
        """Return three times leverage."""
        return 3.0

    def populate_entry_trend(self, dataframe: DataFrame, metadata: dict[str, Any]) -> DataFrame:
        """Enter short as well, when the fast average crosses below the slow one."""
        dataframe = super().populate_entry_trend(dataframe, metadata)
        below = dataframe["fast"] < dataframe["slow"]
        crossed = below & ~below.shift(1, fill_value=True)
        dataframe.loc[crossed & (dataframe["volume"] > 0), "enter_short"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe: DataFrame, metadata: dict[str, Any]) -> DataFrame:
        """Leave a short trade when the averages cross back."""
        dataframe = super().populate_exit_trend(dataframe, metadata)
        dataframe.loc[dataframe["fast"] > dataframe["slow"], "exit_short"] = 1
        return dataframe
