"""The sample's entries under hand_span's rules, hand-written for speed.

The ATR is a cached array that is searched only at the fill; the state of a trade is a tuple in a plain dict and is lost
when the process ends. Most calls end after one dict lookup.
"""

# ruff: noqa: ARG002 (Freqtrade's signatures)

import math
from datetime import datetime
from typing import Any

import numpy as np
import talib.abstract as ta
from freqtrade.persistence import Trade
from freqtrade.strategy import stoploss_from_absolute
from numpy.typing import NDArray
from pandas import DataFrame
from plain_trend import PlainTrend

SPAN_IN_ATR = 6.0
COSTS = 0.0025
NEAREST, FARTHEST, FALLBACK = 0.002, 0.10, 0.02
"""Of the entry: bounds of the initial stop, and its distance where no ATR is known."""
CANDLE_MS = 300_000


class ExpertHandSpan(PlainTrend):
    """Breakeven after one span of profit, then one span behind the last full span."""

    use_custom_stoploss = True

    def __init__(self, config: dict[str, Any]) -> None:
        """Start with no candles and no trades."""
        super().__init__(config)
        self.atr: dict[str, tuple[NDArray[np.int64], NDArray[np.float64]]] = {}
        self.span_and_best: dict[int, tuple[float, float]] = {}

    def populate_indicators(self, dataframe: DataFrame, metadata: dict[str, Any]) -> DataFrame:
        """Keep times and ATR as arrays."""
        dataframe = super().populate_indicators(dataframe, metadata)
        times = dataframe["date"].dt.as_unit("ms").astype("int64").to_numpy()
        self.atr[metadata["pair"]] = times, ta.ATR(dataframe, timeperiod=14).to_numpy()
        return dataframe

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
        """Return a new stop if the best price has reached another span; None for no change."""
        entry = trade.open_rate
        if after_fill:
            self.span_and_best.pop(trade.id, None)
            return stoploss_from_absolute(entry - self.distance(pair, entry, current_time), current_rate)
        # Right after the fill Freqtrade's stop is the initial stop, rounded by Freqtrade.
        span, best = self.span_and_best.get(trade.id) or (entry - trade.stop_loss, entry)
        self.span_and_best[trade.id] = span, max(best, current_rate)
        spans = math.floor((current_rate - entry) / span + 1e-9)
        if current_rate <= best or spans < 1:
            return None
        breakeven, trail = self.breakeven(trade), entry + (spans - 1) * span
        stop = max(breakeven if breakeven < current_rate else 0.0, trail if spans > 1 else 0.0)
        return stoploss_from_absolute(stop, current_rate) if stop > trade.stop_loss else None

    def breakeven(self, trade: Trade) -> float:
        """Return the price that covers the costs."""
        return float(trade.open_rate * (1 + COSTS))

    def distance(self, pair: str, entry: float, now: datetime) -> float:
        """Return the distance of the initial stop below the entry."""
        times, atr = self.atr[pair]
        last_closed = np.searchsorted(times, int(now.timestamp() * 1000) - CANDLE_MS, side="right") - 1
        value = float(atr[last_closed]) * self.span_in_atr()
        return FALLBACK * entry if math.isnan(value) else min(max(value, NEAREST * entry), FARTHEST * entry)

    def span_in_atr(self) -> float:
        """Return the distance of the initial stop in ATR."""
        return SPAN_IN_ATR
