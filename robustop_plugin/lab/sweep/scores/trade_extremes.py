"""Highest and lowest price of each trade while it was open, for losses that measure giveback.

A replay does not keep them. They are the highs and lows of the candles that Freqtrade steps through (detail candles if
there are any), from the entry candle to the exit candle, both included.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from robustop_plugin.lab.sweep.evaluators.freqtrade import CACHED_RUNS, loaded_backtest
from robustop_plugin.lab.trades import Trades
from robustop_plugin.runner.run import BacktestRun, LoadedBacktest

Floats = NDArray[np.float64]


class PairCandles(NamedTuple):
    """Candles of one pair, as Freqtrade steps through them.

    Attributes:
        time: Opening times, in milliseconds since the epoch, ascending.
        low: Lows, in price.
        high: Highs, in price.
    """

    time: NDArray[np.int64]
    low: Floats
    high: Floats


class TradeExtremes(NamedTuple):
    """The price range of each trade.

    Attributes:
        lowest: In price.
        highest: In price.
    """

    lowest: Floats
    highest: Floats


def trade_extremes(trades: Trades, run: BacktestRun) -> TradeExtremes:
    """Return the price range of each trade.

    Args:
        trades: Trades of the run, or of a part of it.
        run: The backtest with the candles.

    Raises:
        InvalidSettings: The run cannot be loaded.
    """
    pairs = candles_by_pair(run)
    lowest, highest = np.array(trades.open_rate), np.array(trades.open_rate)
    for index, pair in enumerate(trades.pair):
        candles = pairs[pair]
        first = np.searchsorted(candles.time, trades.open_time[index])
        last = np.searchsorted(candles.time, trades.close_time[index], side="right")
        lowest[index] = min(lowest[index], candles.low[first:last].min(initial=np.inf))
        highest[index] = max(highest[index], candles.high[first:last].max(initial=-np.inf))
    return TradeExtremes(lowest, highest)


@lru_cache(maxsize=CACHED_RUNS)
def candles_by_pair(run: BacktestRun) -> dict[str, PairCandles]:
    """Return the candles of a run by pair, cached per process."""
    loaded = loaded_backtest(run)
    return {pair: _pair_candles(loaded, pair) for pair in loaded.candles}


def _pair_candles(loaded: LoadedBacktest, pair: str) -> PairCandles:
    main, detail = loaded.candles[pair], loaded.backtesting.detail_data.get(pair)
    if detail is not None:
        # Freqtrade steps through a main candle that has no detail candles.
        main_opened, detail_opened = (frame["date"].to_numpy("datetime64[ms]") for frame in (main, detail))
        main_closed = main_opened + np.timedelta64(loaded.backtesting.timeframe_td)
        without_detail = main[
            np.searchsorted(detail_opened, main_opened) == np.searchsorted(detail_opened, main_closed)
        ]
        main = pd.concat([detail, without_detail]).sort_values("date", kind="stable")
    time = main["date"].to_numpy("datetime64[ms]").astype(np.int64)
    return PairCandles(time, main["low"].to_numpy(np.float64), main["high"].to_numpy(np.float64))
