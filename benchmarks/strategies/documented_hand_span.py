"""The sample's entries under hand_span's rules, written in the style of Freqtrade's documentation.

Every call fetches the analyzed candles, extracts the last one, and reads and writes custom data.
"""

# ruff: noqa: ARG002 (Freqtrade's signatures)

import math
from datetime import datetime
from typing import Any

import talib.abstract as ta
from freqtrade.persistence import Trade
from freqtrade.strategy import stoploss_from_absolute
from pandas import DataFrame
from plain_trend import PlainTrend


class DocumentedHandSpan(PlainTrend):
    """Breakeven after one span of profit, then one span behind the last full span."""

    use_custom_stoploss = True

    def populate_indicators(self, dataframe: DataFrame, metadata: dict[str, Any]) -> DataFrame:
        """Add the ATR."""
        dataframe = super().populate_indicators(dataframe, metadata)
        dataframe["atr"] = ta.ATR(dataframe, timeperiod=14)
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
        """Return the stop for the best price so far."""
        dataframe, _ = self.dp.get_analyzed_dataframe(pair, self.timeframe)
        last_candle = dataframe.iloc[-1].squeeze()
        entry = trade.open_rate
        if after_fill:
            distance = min(max(6.0 * last_candle["atr"], 0.002 * entry), 0.10 * entry)
            return stoploss_from_absolute(entry - distance, current_rate, trade.is_short, trade.leverage)
        span = trade.get_custom_data("span")
        if span is None:
            # Right after the fill Freqtrade's stop is the initial stop, rounded by Freqtrade.
            span = entry - trade.stop_loss
            trade.set_custom_data("span", span)
        best = max(trade.get_custom_data("best", default=entry), current_rate)
        trade.set_custom_data("best", best)
        spans = math.floor((best - entry) / span + 1e-9)
        stop = trade.stop_loss
        if spans >= 1 and entry * 1.0025 < best:
            stop = max(stop, entry * 1.0025)
        if spans > 1:
            stop = max(stop, entry + (spans - 1) * span)
        return stoploss_from_absolute(stop, current_rate, trade.is_short, trade.leverage)
