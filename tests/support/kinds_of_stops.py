"""Strategies with stops of their own, one of each kind."""

from datetime import datetime, timedelta
from typing import Any

from freqtrade.persistence import Trade
from freqtrade.strategy import stoploss_from_absolute, stoploss_from_open

from tests.support.kinds_base import Plain


class OwnStop(Plain):
    """A stop that trails, and that never loosens by what Freqtrade's ratchet does."""

    use_custom_stoploss = True

    def custom_stoploss(
        self, pair: str, trade: Trade, current_time: datetime, current_rate: float, current_profit: float, **kwargs: Any
    ) -> float | None:
        """Trail by 1.5 %, and by 0.7 % once the profit is 1 %."""
        return -0.007 if current_profit > 0.01 else -0.015


class OwnStopFromOpen(Plain):
    """A stop at fixed profits."""

    use_custom_stoploss = True

    def custom_stoploss(
        self, pair: str, trade: Trade, current_time: datetime, current_rate: float, current_profit: float, **kwargs: Any
    ) -> float:
        """Lock in 0.4 % once the profit is 1 %."""
        if current_profit > 0.01:
            return stoploss_from_open(0.004, current_profit, is_short=trade.is_short, leverage=trade.leverage)
        return 1.0


class OwnStopByAge(Plain):
    """A stop that depends on the trade's age and on its highest rate."""

    use_custom_stoploss = True

    def custom_stoploss(
        self, pair: str, trade: Trade, current_time: datetime, current_rate: float, current_profit: float, **kwargs: Any
    ) -> float | None:
        """Stop 1 % under the highest rate from an hour on."""
        if current_time - trade.open_date_utc < timedelta(hours=1):
            return None
        return stoploss_from_absolute(trade.max_rate * 0.99, current_rate, is_short=trade.is_short)


class OwnStopAfterFill(Plain):
    """A stop that is asked after fills as well, when it may loosen: not beyond `stoploss`, where robustop's begins."""

    stoploss = -0.06
    use_custom_stoploss = True
    position_adjustment_enable = True

    def custom_stoploss(
        self,
        pair: str,
        trade: Trade,
        current_time: datetime,
        current_rate: float,
        current_profit: float,
        after_fill: bool,
        **kwargs: Any,
    ) -> float | None:
        """Give every fill 4 % of room, then trail by 1.5 %."""
        return -0.04 if after_fill else -0.015

    def adjust_trade_position(
        self, trade: Trade, current_time: datetime, current_rate: float, current_profit: float, **kwargs: Any
    ) -> float | None:
        """Buy once more at 1 % under water."""
        return 500.0 if current_profit < -0.01 and trade.nr_of_successful_entries == 1 else None


class CountsItsCalls(Plain):
    """A stop that counts how often it was asked: asked once more, it is another."""

    use_custom_stoploss = True

    def bot_start(self, **kwargs: Any) -> None:
        """Begin to count."""
        self.asked: dict[int, int] = {}

    def custom_stoploss(
        self, pair: str, trade: Trade, current_time: datetime, current_rate: float, current_profit: float, **kwargs: Any
    ) -> float:
        """Come nearer with each question."""
        self.asked[trade.id] = self.asked.get(trade.id, 0) + 1
        return -max(0.005, 0.03 - 0.001 * self.asked[trade.id])


class StopSwitchedOff(OwnStop):
    """A stop of its own that is switched off."""

    use_custom_stoploss = False


class Trailing(Plain):
    """Freqtrade's trailing stop."""

    trailing_stop = True


class TrailingPositive(Plain):
    """Freqtrade's trailing stop, closer in profit."""

    trailing_stop = True
    trailing_stop_positive = 0.006


class TrailingOffset(Plain):
    """Freqtrade's trailing stop, from a profit on."""

    trailing_stop = True
    trailing_stop_positive = 0.006
    trailing_stop_positive_offset = 0.012
    trailing_only_offset_is_reached = True


class TrailingAndOwnStop(OwnStop):
    """Both of Freqtrade's ways."""

    trailing_stop = True
    trailing_stop_positive = 0.006
    trailing_stop_positive_offset = 0.012
    trailing_only_offset_is_reached = True
