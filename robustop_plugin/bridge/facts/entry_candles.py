"""Candles as they were at a trade's entry, for a fill that robustop learns of later."""

from datetime import datetime, timedelta

import pandas as pd

from robustop_plugin.bridge.facts.candles import AnalyzedCandles


class EntryCandles(AnalyzedCandles):
    """Reads the candles that were known at a moment; the newest ones if none from that time is loaded.

    Attributes:
        moment: Time of the entry.
    """

    def __init__(self, candles: AnalyzedCandles, moment: datetime) -> None:
        """Take the candles and the moment."""
        super().__init__(candles.dp, candles.timeframe, live=candles.live)
        self.moment = moment

    def last(self, pair: str, column: str) -> float | None:
        """Return a column's value on the last candle that was closed at the moment, or on the newest one."""
        frame, _ = self.dp.get_analyzed_dataframe(pair, self.timeframe)
        if not frame.empty and column in frame.columns:
            closed = frame[frame["date"] + timedelta(seconds=self.seconds) <= self.moment]
            values = pd.to_numeric(closed[column].tail(1), errors="coerce").dropna()
            if len(values):
                return float(values.iloc[0])
        return super().last(pair, column)
