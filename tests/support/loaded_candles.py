"""Has Freqtrade read candles once where many backtests run on the same ones: reading takes most of a short backtest."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from freqtrade.configuration import TimeRange
from freqtrade.data import history
from freqtrade.optimize import backtesting
from pandas import DataFrame, Series

PRICES = ("open", "high", "low", "close")


@contextmanager
def loaded_once() -> Iterator[None]:
    """Remember what Freqtrade loads, and the tick sizes that it finds in candles; each backtest gets copies."""
    load, sizes_in = history.load_data, backtesting.get_tick_size_over_time
    loaded: dict[str, dict[str, DataFrame]] = {}
    found: dict[tuple[bytes, ...], tuple[DataFrame, Series]] = {}

    def load_data(**wanted: Any) -> dict[str, DataFrame]:
        key = repr(sorted((name, _plain(value)) for name, value in wanted.items()))
        if key not in loaded:
            loaded[key] = load(**wanted)
        return {pair: candles.copy() for pair, candles in loaded[key].items()}

    def get_tick_size_over_time(candles: DataFrame) -> Series:
        columns = (candles["date"].astype("int64"), *(candles[name] for name in PRICES))
        key = tuple(column.to_numpy().tobytes() for column in columns)
        if key not in found:
            before = list(candles)
            sizes = sizes_in(candles)
            # Freqtrade leaves its counts of digits in the candles.
            found[key] = candles[[name for name in candles if name not in before]].copy(), sizes
        counts, sizes = found[key]
        for name in counts:
            candles[name] = counts[name].to_numpy()
        return sizes.copy()

    with (
        patch.object(history, "load_data", load_data),
        patch.object(backtesting, "get_tick_size_over_time", get_tick_size_over_time),
    ):
        yield


def _plain(value: Any) -> Any:
    """Return a value whose `repr` says what it holds."""
    return vars(value) if isinstance(value, TimeRange) else value
