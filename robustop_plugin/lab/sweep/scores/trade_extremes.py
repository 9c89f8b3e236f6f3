"""The best and the worst price of each trade while it was open, for losses that look at what was given back.

A replay does not keep them. They are the highs and lows of the candles that the host steps through: the detail candles
where there are any, from the candle of the entry to the one of the exit, whole.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from robustop_plugin.lab.sweep.evaluators.freqtrade import KEPT, prepared_of
from robustop_plugin.lab.trades import Trades
from robustop_plugin.runner.run import BacktestRun, LoadedBacktest

Floats = NDArray[np.float64]


class Stepped(NamedTuple):
    """The candles of one pair, as the host steps through them.

    Attributes:
        time: when they open, in milliseconds since the epoch, ascending.
        low: of each.
        high: of each.
    """

    time: NDArray[np.int64]
    low: Floats
    high: Floats


class Extremes(NamedTuple):
    """The prices between which each trade was.

    Attributes:
        lowest: in price.
        highest: in price.
    """

    lowest: Floats
    highest: Floats


def extremes_of(trades: Trades, run: BacktestRun) -> Extremes:
    """Return the prices between which the trades of a run, or of a part of it, were.

    Raises:
        InvalidSettings: the run cannot be loaded.
    """
    stepped = stepped_of(run)
    lowest, highest = np.array(trades.open_rate), np.array(trades.open_rate)
    for index, pair in enumerate(trades.pair):
        candles = stepped[pair]
        first = np.searchsorted(candles.time, trades.open_time[index])
        last = np.searchsorted(candles.time, trades.close_time[index], side="right")
        lowest[index] = min(lowest[index], candles.low[first:last].min(initial=np.inf))
        highest[index] = max(highest[index], candles.high[first:last].max(initial=-np.inf))
    return Extremes(lowest, highest)


@lru_cache(maxsize=KEPT)
def stepped_of(run: BacktestRun) -> dict[str, Stepped]:
    """Return the candles of a run by pair."""
    prepared = prepared_of(run)
    return {pair: _stepped(prepared, pair) for pair in prepared.candles}


def _stepped(prepared: LoadedBacktest, pair: str) -> Stepped:
    main, detail = prepared.candles[pair], prepared.backtesting.detail_data.get(pair)
    if detail is not None:
        # A main candle without any inside is stepped through as it is.
        opened, inside = (one["date"].to_numpy("datetime64[ms]") for one in (main, detail))
        closed = opened + np.timedelta64(prepared.backtesting.timeframe_td)
        alone = main[np.searchsorted(inside, opened) == np.searchsorted(inside, closed)]
        main = pd.concat([detail, alone]).sort_values("date", kind="stable")
    time = main["date"].to_numpy("datetime64[ms]").astype(np.int64)
    return Stepped(time, main["low"].to_numpy(np.float64), main["high"].to_numpy(np.float64))
