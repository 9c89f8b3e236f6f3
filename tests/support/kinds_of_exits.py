"""Strategies with exits of their own, one of each kind."""

from datetime import datetime, timedelta
from typing import Any

from freqtrade.persistence import Trade
from pandas import DataFrame

from tests.support.kinds_base import Plain


class OwnExit(Plain):
    """Leaves by its own callback."""

    def custom_exit(
        self, pair: str, trade: Trade, current_time: datetime, current_rate: float, current_profit: float, **kwargs: Any
    ) -> str | None:
        """Leave in profit, or after three hours."""
        if current_profit > 0.008:
            return "own_profit"
        return "own_age" if current_time - trade.open_date_utc >= timedelta(hours=3) else None


class CountsItsExits(Plain):
    """Leaves when its callback was asked often enough."""

    def bot_start(self, **kwargs: Any) -> None:
        """Begin to count."""
        self.asked: dict[int, int] = {}

    def custom_exit(
        self, pair: str, trade: Trade, current_time: datetime, current_rate: float, current_profit: float, **kwargs: Any
    ) -> str | None:
        """Leave at the twentieth question."""
        self.asked[trade.id] = self.asked.get(trade.id, 0) + 1
        return "own_count" if self.asked[trade.id] == 20 else None


class ProfitOnly(Plain):
    """Leaves by signals in profit only."""

    exit_profit_only = True
    exit_profit_offset = 0.004

    def populate_exit_trend(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        """Ask to leave when the RSI is high, or low and then mostly at a loss."""
        dataframe.loc[(dataframe["rsi"] > 60) | (dataframe["rsi"] < 45), "exit_long"] = 1
        return dataframe


class NoExitSignal(Plain):
    """Leaves by the stop and by ROI only."""

    use_exit_signal = False
    minimal_roi = {"0": 0.015}  # noqa: RUF012 (Freqtrade's form)


class Roi(Plain):
    """Leaves by a table of profits, the last of which always holds."""

    minimal_roi = {"0": 0.02, "30": 0.01, "120": 0.004, "360": -1}  # noqa: RUF012 (Freqtrade's form)


class OwnRoi(Plain):
    """Leaves at a profit that a callback says."""

    use_custom_roi = True

    def custom_roi(
        self,
        pair: str,
        trade: Trade,
        current_time: datetime,
        trade_duration: int,
        entry_tag: str | None,
        side: str,
        **kwargs: Any,
    ) -> float | None:
        """Ask for 1 %, and for less later."""
        return 0.01 if trade_duration < 60 else 0.005


class ConfirmsExits(Plain):
    """Refuses some exits."""

    trailing_stop = True
    trailing_stop_positive = 0.004

    def confirm_trade_exit(
        self,
        pair: str,
        trade: Trade,
        order_type: str,
        amount: float,
        rate: float,
        time_in_force: str,
        exit_reason: str,
        current_time: datetime,
        **kwargs: Any,
    ) -> bool:
        """Refuse its own trail in every third candle of five minutes."""
        return exit_reason != "trailing_stop_loss" or current_time.minute % 15 != 0


class LimitPrices(Plain):
    """Enters and leaves by limit orders at prices of its own, which may rest."""

    order_types = {"entry": "limit", "exit": "limit", "stoploss": "market", "stoploss_on_exchange": False}  # noqa: RUF012

    def custom_entry_price(
        self,
        pair: str,
        trade: Trade | None,
        current_time: datetime,
        proposed_rate: float,
        entry_tag: str | None,
        side: str,
        **kwargs: Any,
    ) -> float:
        """Bid a little less."""
        return proposed_rate * 0.998

    def custom_exit_price(
        self,
        pair: str,
        trade: Trade,
        current_time: datetime,
        proposed_rate: float,
        current_profit: float,
        exit_tag: str | None,
        **kwargs: Any,
    ) -> float:
        """Ask a little more."""
        return proposed_rate * 1.001
