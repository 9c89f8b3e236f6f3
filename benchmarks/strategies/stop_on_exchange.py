"""A percent trail whose stop order rests on the exchange: Freqtrade's own, and robustop's."""

# ruff: noqa: ARG002, RUF012 (Freqtrade's signatures; Freqtrade reads class attributes)

from datetime import datetime
from typing import Any

from freqtrade.persistence import Trade
from freqtrade.strategy import IStrategy
from pandas import DataFrame

from robustop_plugin import RobustopMixin

FIRST_PERCENT = 2.0
"""Distance of the first stop from the entry."""
TRAIL_PERCENT = 1.0
"""Distance of the trail from the best price."""


class StopOnExchange(IStrategy):
    """Enters whenever there is room, and leaves at the stop only."""

    timeframe = "5m"
    stoploss = -FIRST_PERCENT / 100
    minimal_roi: dict[str, float] = {}
    startup_candle_count = 30
    order_types = {
        "entry": "market",
        "exit": "market",
        "emergency_exit": "market",
        "stoploss": "limit",
        "stoploss_on_exchange": True,
        "stoploss_on_exchange_limit_ratio": 0.99,
    }

    def populate_indicators(self, dataframe: DataFrame, metadata: dict[str, Any]) -> DataFrame:
        """Add nothing."""
        return dataframe

    def populate_entry_trend(self, dataframe: DataFrame, metadata: dict[str, Any]) -> DataFrame:
        """Enter in every candle."""
        dataframe["enter_long"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe: DataFrame, metadata: dict[str, Any]) -> DataFrame:
        """Give no signal."""
        return dataframe


class TrailOnExchange(StopOnExchange):
    """By Freqtrade, with a constant distance."""

    use_custom_stoploss = True

    def custom_stoploss(
        self,
        pair: str,
        trade: Trade,
        current_time: datetime,
        current_rate: float,
        current_profit: float,
        **kwargs: Any,
    ) -> float | None:
        """Return the distance from the current rate."""
        return -TRAIL_PERCENT / 100


class TrailOnExchangeAtOnce(TrailOnExchange):
    """The same, moving its order in every loop, where Freqtrade by default waits for a minute."""

    order_types = {**StopOnExchange.order_types, "stoploss_on_exchange_interval": 0}


class RobustopOnExchange(RobustopMixin, StopOnExchange):
    """By robustop."""

    robustop = {
        "engines": [{"name": "smart_trail", "activation_percent": 0.0, "distance_percent": TRAIL_PERCENT}],
        "initial_stop": {"kind": "percent", "percent": FIRST_PERCENT},
        "breakeven": {"mode": "percent"},
    }
