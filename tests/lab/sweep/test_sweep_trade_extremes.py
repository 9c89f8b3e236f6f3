"""The candles that a backtest steps through, with and without detail candles."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from robustop_plugin.lab.sweep.scores.trade_extremes import _pair_candles


def candles(begin: str, freq: str, count: int, low: float) -> pd.DataFrame:
    """Return candles with rising lows."""
    lows = [low + number for number in range(count)]
    dates = pd.date_range(begin, periods=count, freq=freq, tz="UTC", unit="ms")
    return pd.DataFrame({"date": dates, "low": lows, "high": [value + 0.5 for value in lows]})


def stepped(main: pd.DataFrame, detail: pd.DataFrame | None, length: timedelta) -> list[float]:
    """Return the lows of the candles that Freqtrade steps through."""
    backtesting = SimpleNamespace(detail_data={} if detail is None else {"A/B": detail}, timeframe_td=length)
    loaded: Any = SimpleNamespace(candles={"A/B": main}, backtesting=backtesting)
    return list(_pair_candles(loaded, "A/B").low)


@pytest.mark.parametrize(
    ("begin", "freq", "inside"),
    [("2025-01-06", "7D", "1D"), ("2025-01-01", "1h", "15min"), ("2025-01-01", "5min", "1min")],
)
def test_main_candles_with_details_are_not_stepped_through(begin: str, freq: str, inside: str) -> None:
    """A main candle is used only if it has no detail candles; weekly candles start on Monday."""
    length = pd.Timedelta(freq).to_pytimedelta()
    number = round(length / pd.Timedelta(inside).to_pytimedelta())
    main, detail = candles(begin, freq, 3, 10.0), candles(begin, inside, 3 * number, 100.0)
    details = list(detail["low"])
    assert stepped(main, detail, length) == details
    without = detail.drop(index=range(number, 2 * number))
    assert stepped(main, without, length) == [*details[:number], 11.0, *details[2 * number :]]
    assert stepped(main, None, length) == [10.0, 11.0, 12.0]
