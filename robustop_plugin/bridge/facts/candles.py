"""What the market says: values of the last closed candle, and where the initial stop should stand."""

import logging
import math
from datetime import UTC, datetime
from typing import Any

import numpy as np
from freqtrade.exchange import timeframe_to_prev_date, timeframe_to_seconds

from robustop_plugin.bridge.facts.bad_candles import age_limit, bad_candles
from robustop_plugin.bridge.facts.indicators import (
    ATR_COLUMN,
    ATR_MEAN_COLUMN,
    MOMENTUM_COLUMN,
    REGIME_COLUMN,
    SWING_HIGH_COLUMN,
    SWING_LOW_COLUMN,
)
from robustop_plugin.core.exact import Exact, decimal
from robustop_plugin.core.facts import Regime, is_price
from robustop_plugin.core.initial_stop import atr_away, percent_away
from robustop_plugin.core.side import LONG
from robustop_plugin.settings import InitialStop, RobustopBlock

logger = logging.getLogger(__name__)

BY_CALENDAR = ("M", "y")
"""Units of timeframes whose candles differ in length."""


class AnalyzedCandles:
    """Reads analyzed candles through the host's data provider.

    Attributes:
        dp: the data provider; set when the bot starts.
        timeframe: the strategy's.
        seconds: length of a candle; of months the one that Freqtrade takes, 30 days.
        live: a bot, whose candles may stop coming; those of a backtest are always those of the moment.
    """

    def __init__(self, dp: Any, timeframe: str, *, live: bool = False) -> None:
        """Take the data provider and the timeframe, and whether this is a bot."""
        self.dp = dp
        self.timeframe = timeframe
        self.seconds = timeframe_to_seconds(timeframe)
        self.live = live
        self._missing: set[tuple[str, str]] = set()
        # Where Freqtrade counts from: all but months and years open at a multiple of their length after it.
        self._origin = self._opened(self.seconds) % self.seconds
        self._by_calendar = timeframe[-1:] in BY_CALENDAR

    def last(self, pair: str, column: str) -> float | None:
        """Return a column's value on the last closed candle; None where it is not a finite number."""
        frame, _ = self.dp.get_analyzed_dataframe(pair, self.timeframe)
        if column not in frame.columns or frame.empty:
            if (pair, column) not in self._missing:
                self._missing.add((pair, column))
                logger.warning("robustop: no column %s for %s: its value counts as not known", column, pair)
            return None
        value = frame[column].iat[-1]
        number = float(value) if isinstance(value, int | float) or hasattr(value, "dtype") else math.nan
        return number if math.isfinite(number) else None

    def has_candles(self, pair: str) -> bool:
        """Return whether the pair's candles were analyzed: right after its start, a bot has none."""
        frame, _ = self.dp.get_analyzed_dataframe(pair, self.timeframe)
        return not frame.empty

    def atr(self, pair: str) -> float | None:
        """Return the ATR of the last closed candle, in price; None where there is none."""
        value = self.last(pair, ATR_COLUMN)
        return value if is_price(value) else None

    def atr_at(self, pair: str, period: int, now: float) -> float | None:
        """Return the ATR of the last closed candle; None where there is none, or where that candle is too old.

        Args:
            pair: of the candles.
            period: candles that the ATR spans.
            now: seconds since the epoch.
        """
        atr = self.atr(pair)
        # Most looks of a bot see the candle that has just closed: that is told without the ones before it.
        if atr is None or not self.live or not self._candles_late(pair, now):
            return atr
        return None if self.has_lost_atr(pair, period, now) else atr

    def _candles_late(self, pair: str, now: float) -> int:
        """Return how many candles have closed at a moment that a bot has not received; at the start of one, none."""
        frame, _ = self.dp.get_analyzed_dataframe(pair, self.timeframe)
        if frame.empty:
            return 0
        late: float = (self.candle(now) - frame["date"].iat[-1].timestamp()) / self.seconds - 1
        return round(max(0.0, late))

    def has_lost_atr(self, pair: str, period: int, now: float) -> bool:
        """Return whether the last known ATR of a pair is too old to count.

        An ATR that is missing on the last candle only may still be known from one of those before.

        Args:
            pair: of the candles.
            period: candles that the ATR spans.
            now: seconds since the epoch.
        """
        frame, _ = self.dp.get_analyzed_dataframe(pair, self.timeframe)
        if frame.empty or ATR_COLUMN not in frame.columns:
            return False
        late = self._candles_late(pair, now) if self.live else 0
        still_counts = age_limit(period) + 1 - late
        if still_counts <= 0:
            return True
        recent = frame.iloc[-still_counts:]
        known = np.isfinite(recent[ATR_COLUMN].to_numpy()) & ~bad_candles(recent)
        # Fewer candles than that do not tell how old an ATR is that was read before they were.
        return len(recent) == still_counts and not known.any()

    def momentum(self, pair: str) -> float | None:
        """Return the change over the last closed candles, in percent; None where there is none."""
        return self.last(pair, MOMENTUM_COLUMN)

    def at_entry(self, pair: str, block: RobustopBlock) -> tuple[float | None, Regime | None]:
        """Return the mean ATR and the kind of market, as far as the settings ask for them and they are known."""
        mean = self.last(pair, ATR_MEAN_COLUMN) if block.needs_atr_mean else None
        regime = self.last(pair, REGIME_COLUMN) if block.needs_regime else None
        return mean if is_price(mean) else None, None if regime is None else Regime(int(regime))

    def candle(self, now: float) -> float:
        """Return when the candle of a moment opened, in seconds since the epoch.

        A week begins on Monday and a month on its first: that is no multiple of their lengths since the epoch.
        """
        if self._by_calendar:
            return self._opened(now)
        return float(now - (now - self._origin) % self.seconds)

    def _opened(self, now: float) -> float:
        """Return the same as Freqtrade's own helper says it, which takes too long for every tick of a backtest."""
        return float(timeframe_to_prev_date(self.timeframe, datetime.fromtimestamp(now, tz=UTC)).timestamp())

    def closes_since(self, pair: str, side: int, after: float, now: float) -> tuple[float, float] | None:
        """Return the favourable extreme of the candles that closed lately, and when the last of them opened.

        Args:
            pair: of the trade.
            side: +1 long, -1 short.
            after: candles that opened after this moment count, in seconds since the epoch.
            now: seconds since the epoch.

        Returns:
            None where no candle has closed since; most moments are told by the clock alone.
        """
        # The last moment of the candle before, whatever its length.
        if self.candle(self.candle(now) - 1) <= after:
            return None
        frame, _ = self.dp.get_analyzed_dataframe(pair, self.timeframe)
        if frame.empty:
            return None
        recent = frame[frame["date"] > datetime.fromtimestamp(after, tz=UTC)]
        if recent.empty:
            return None
        extreme = recent["high"].max() if side == LONG else recent["low"].min()
        return float(extreme), recent["date"].iat[-1].timestamp()

    def technical_stop(
        self, pair: str, side: int, entry: float, settings: InitialStop, atr: float | None
    ) -> Exact | None:
        """Return where the chosen rule wants the initial stop; None where it has no data."""
        if settings.kind == "percent":
            return percent_away(side, entry, settings.percent)
        if settings.kind == "atr":
            return None if atr is None else atr_away(side, entry, settings.multiplier, atr)
        if settings.kind == "swing":
            extreme = self.last(pair, SWING_LOW_COLUMN if side == LONG else SWING_HIGH_COLUMN)
            if extreme is None or not is_price(extreme):
                return None
            return percent_away(side, extreme, settings.buffer_percent)
        price = self.last(pair, settings.column or "")
        return decimal(price) if price is not None and is_price(price) else None
