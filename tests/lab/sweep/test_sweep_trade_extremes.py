"""The candles that a backtest steps through, where main candles have detail candles inside."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from robustop_plugin.lab.sweep.scores.trade_extremes import _stepped


def candles(begin: str, freq: str, count: int, low: float) -> pd.DataFrame:
    """Return candles with this low, each one higher than the one before."""
    lows = [low + number for number in range(count)]
    dates = pd.date_range(begin, periods=count, freq=freq, tz="UTC", unit="ms")
    return pd.DataFrame({"date": dates, "low": lows, "high": [one + 0.5 for one in lows]})


def stepped(main: pd.DataFrame, detail: pd.DataFrame | None, length: timedelta) -> list[float]:
    """Return the lows of what is stepped through."""
    backtesting = SimpleNamespace(detail_data={} if detail is None else {"A/B": detail}, timeframe_td=length)
    prepared: Any = SimpleNamespace(candles={"A/B": main}, backtesting=backtesting)
    return list(_stepped(prepared, "A/B").low)


@pytest.mark.parametrize(
    ("begin", "freq", "inside"),
    [("2025-01-06", "7D", "1D"), ("2025-01-01", "1h", "15min"), ("2025-01-01", "5min", "1min")],
)
def test_main_candles_with_details_are_not_stepped_through(begin: str, freq: str, inside: str) -> None:
    """Also of weeks, which begin on Monday; the one main candle without details is stepped through as it is."""
    length = pd.Timedelta(freq).to_pytimedelta()
    number = round(length / pd.Timedelta(inside).to_pytimedelta())
    main, detail = candles(begin, freq, 3, 10.0), candles(begin, inside, 3 * number, 100.0)
    details = list(detail["low"])
    assert stepped(main, detail, length) == details
    without = detail.drop(index=range(number, 2 * number))
    assert stepped(main, without, length) == [*details[:number], 11.0, *details[2 * number :]]
    assert stepped(main, None, length) == [10.0, 11.0, 12.0]
