"""The candles as they were when a trade was entered, for a fill that robustop hears of later."""

from datetime import datetime, timedelta

import pandas as pd

from robustop_plugin.bridge.facts.candles import AnalyzedCandles


class EntryCandles(AnalyzedCandles):
    """What was known at a moment; what is known now where no candle of that time is loaded.

    Attributes:
        moment: of the entry.
    """

    def __init__(self, market: AnalyzedCandles, moment: datetime) -> None:
        """Take the candles and the moment."""
        super().__init__(market.dp, market.timeframe, live=market.live)
        self.moment = moment

    def last(self, pair: str, column: str) -> float | None:
        """Return a column's value on the last candle that was closed at the moment, or on the last one of all."""
        frame, _ = self.dp.get_analyzed_dataframe(pair, self.timeframe)
        if not frame.empty and column in frame.columns:
            closed = frame[frame["date"] + timedelta(seconds=self.seconds) <= self.moment]
            values = pd.to_numeric(closed[column].tail(1), errors="coerce").dropna()
            if len(values):
                return float(values.iloc[0])
        return super().last(pair, column)
