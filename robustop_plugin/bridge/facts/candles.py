"""Reads analyzed candles: indicator values of the last closed candle, and the technical initial stop."""

import logging
import math
from datetime import UTC, datetime
from typing import Any

import numpy as np
from freqtrade.exchange import timeframe_to_prev_date, timeframe_to_seconds

from robustop_plugin.bridge.facts.bad_candles import age_limit, bad_candles
from robustop_plugin.bridge.facts.closed_candles import ClosedCandles
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
"""Units of timeframes whose candles vary in length."""


class AnalyzedCandles:
    """Reads analyzed candles from Freqtrade's data provider.

    Attributes:
        dp: Freqtrade's data provider.
        timeframe: The strategy's timeframe.
        seconds: Length of a candle, in seconds; a month counts as 30 days, as in Freqtrade.
        live: True in a bot, whose candles may stop arriving. A backtest's candles are never late.
        closed: The candles of a backtest, once it has begun.
    """

    def __init__(self, dp: Any, timeframe: str, *, live: bool = False) -> None:
        """Take the data provider, the timeframe, and whether this is a bot."""
        self.dp = dp
        self.timeframe = timeframe
        self.seconds = timeframe_to_seconds(timeframe)
        self.live = live
        self.closed = ClosedCandles()
        self._missing: set[tuple[str, str]] = set()
        # Freqtrade counts from here: except for months and years, candles open a multiple of their length after it.
        self._origin = self._opened(self.seconds) % self.seconds
        self._by_calendar = timeframe[-1:] in BY_CALENDAR

    def last(self, pair: str, column: str) -> float | None:
        """Return a column's value on the last closed candle; None if it is not a finite number."""
        frame, _ = self.dp.get_analyzed_dataframe(pair, self.timeframe)
        if column not in frame.columns or frame.empty:
            if (pair, column) not in self._missing:
                self._missing.add((pair, column))
                logger.warning("robustop: no column %s for %s: its value counts as unknown", column, pair)
            return None
        value = frame[column].iat[-1]
        number = float(value) if isinstance(value, int | float) or hasattr(value, "dtype") else math.nan
        return number if math.isfinite(number) else None

    def has_candles(self, pair: str) -> bool:
        """Return True if the pair has analyzed candles. Right after its start, a bot has none."""
        frame, _ = self.dp.get_analyzed_dataframe(pair, self.timeframe)
        return not frame.empty

    def atr(self, pair: str, now: float | None = None) -> float | None:
        """Return the ATR of the last closed candle, in price; None if unknown.

        Args:
            pair: The pair's name.
            now: Seconds since the epoch. A backtest that is told the time need not cut a frame.
        """
        value = None if now is None else self.closed.atr_before(pair, self.candle(now))
        if value is None:
            value = self.last(pair, ATR_COLUMN)
        return value if is_price(value) else None

    def atr_at(self, pair: str, period: int, now: float) -> float | None:
        """Return the ATR of the last closed candle, in price; None if it is unknown or that candle is too old.

        Args:
            pair: The pair's name.
            period: The ATR's period, in candles.
            now: Seconds since the epoch.
        """
        atr = self.atr(pair, now)
        # Usually the last candle is not late, so the earlier ones need not be read.
        if atr is None or not self.live or not self._candles_late(pair, now):
            return atr
        return None if self.has_lost_atr(pair, period, now) else atr

    def _candles_late(self, pair: str, now: float) -> int:
        """Return how many closed candles a bot has not received yet at this moment."""
        frame, _ = self.dp.get_analyzed_dataframe(pair, self.timeframe)
        if frame.empty:
            return 0
        late: float = (self.candle(now) - frame["date"].iat[-1].timestamp()) / self.seconds - 1
        return round(max(0.0, late))

    def has_lost_atr(self, pair: str, period: int, now: float) -> bool:
        """Return True if the last known ATR of a pair is too old to count.

        If the ATR is missing on the last candle, one of the candles before may still have it.

        Args:
            pair: The pair's name.
            period: The ATR's period, in candles.
            now: Seconds since the epoch.
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
        # With fewer candles than that, the age of an ATR read before them is unknown.
        return len(recent) == still_counts and not known.any()

    def momentum(self, pair: str) -> float | None:
        """Return the change over the last closed candles, in percent; None if unknown."""
        return self.last(pair, MOMENTUM_COLUMN)

    def at_entry(self, pair: str, block: RobustopBlock) -> tuple[float | None, Regime | None]:
        """Return the mean ATR, in price, and the market regime; None if unknown, or if no setting needs it."""
        mean = self.last(pair, ATR_MEAN_COLUMN) if block.needs_atr_mean else None
        regime = self.last(pair, REGIME_COLUMN) if block.needs_regime else None
        return mean if is_price(mean) else None, None if regime is None else Regime(int(regime))

    def candle(self, now: float) -> float:
        """Return the opening time of the candle that contains a moment, in seconds since the epoch.

        A week begins on Monday and a month on its first day, so neither is a multiple of its length since the epoch.
        """
        if self._by_calendar:
            return self._opened(now)
        return float(now - (now - self._origin) % self.seconds)

    def _opened(self, now: float) -> float:
        """Return the opening time from Freqtrade's own helper, which is too slow for every tick of a backtest."""
        return float(timeframe_to_prev_date(self.timeframe, datetime.fromtimestamp(now, tz=UTC)).timestamp())

    def closes_since(self, pair: str, side: int, after: float, now: float) -> tuple[float, float] | None:
        """Return the favorable extreme of recently closed candles, and the opening time of the last of them.

        Args:
            pair: The pair's name.
            side: +1 long, -1 short.
            after: Only candles that opened after this moment count, in seconds since the epoch.
            now: Seconds since the epoch.

        Returns:
            In price, and in seconds since the epoch; None if no such candle has closed.
        """
        # Most calls end here, without reading candles: the clock says that none can have closed. One second before
        # this candle's opening lies in the previous candle, whatever its length.
        candle = self.candle(now)
        if self.candle(candle - 1) <= after:
            return None
        closed = self.closed.before(pair, candle)
        if closed is not None and closed.previous <= after:
            return None if closed.opened <= after else (closed.high if side == LONG else closed.low, closed.opened)
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
        """Return the initial stop of the chosen rule, in price; None if its data is missing."""
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
