"""Strategies and settings for hand-written candles."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from freqtrade.strategy import IStrategy
from pandas import DataFrame

from robustop_plugin import RobustopMixin

PAIR = "HAND/USDT"
START = datetime(2025, 1, 1, tzinfo=UTC)
STEP = timedelta(minutes=5)
TWO_PERCENT = {"kind": "percent", "percent": 2.0}
PERCENT = {"mode": "percent"}
"""Breakeven covers shares of the entry, so that it can be computed by hand."""

BLOCK: dict[str, Any] = {
    "partials": [],
    "breakeven": PERCENT,
    "initial_stop": TWO_PERCENT,
    "engines": [{"name": "hand_span"}],
}

Candle = tuple[float, float, float, float]
"""Open, high, low, close."""


def block(initial_stop: Mapping[str, Any] = TWO_PERCENT, **hand_span: Any) -> dict[str, Any]:
    """Return robustop settings with this initial stop and these engine options."""
    return {
        "partials": [],
        "breakeven": PERCENT,
        "initial_stop": dict(initial_stop),
        "engines": [{"name": "hand_span", **hand_span}],
    }


class Signals(IStrategy):
    """Enters on the candles' signals, and never exits by itself."""

    timeframe = "5m"
    stoploss = -0.10
    minimal_roi: ClassVar[dict[str, float]] = {}

    def populate_indicators(self, dataframe: DataFrame, metadata: dict[str, Any]) -> DataFrame:
        """Add nothing."""
        return dataframe

    def populate_entry_trend(self, dataframe: DataFrame, metadata: dict[str, Any]) -> DataFrame:
        """Enter on the candles' signals."""
        dataframe["enter_long"] = dataframe["signal"]
        return dataframe

    def populate_exit_trend(self, dataframe: DataFrame, metadata: dict[str, Any]) -> DataFrame:
        """Leave the exits to the stops."""
        dataframe["exit_long"] = 0
        return dataframe


class Hand(RobustopMixin, Signals):
    """The same entries with a stop 2 percent away and the hand-span engine."""

    robustop = BLOCK


def at(candle: int) -> datetime:
    """Return the opening time of a candle, counted from the entry."""
    return START + candle * STEP
