"""The two-way trend follower's entries on futures, each with a bracket: a stop and a take profit."""

from typing import Any

from pandas import DataFrame
from two_way_trend import TwoWayTrend


class BracketBothWays(TwoWayTrend):
    """Long and short, each position sized to lose one percent of the equity at its initial stop."""

    robustop = {  # noqa: RUF012 (read only)
        "engines": [{"name": "bracket", "base_ratio": 2.0}],
        "initial_stop": {"kind": "atr", "multiplier": 4.0},
        "risk": {"percent_per_trade": 1.0},
    }

    def populate_exit_trend(self, dataframe: DataFrame, metadata: dict[str, Any]) -> DataFrame:
        """Leave the exits to the bracket."""
        return dataframe
