"""Columns that the stops need, on closed candles only."""

import numpy as np
import talib
from pandas import DataFrame

from robustop_plugin.settings import InitialStop, Settings

ATR_COLUMN = "robustop_atr"
SWING_LOW_COLUMN = "robustop_swing_low"
SWING_HIGH_COLUMN = "robustop_swing_high"
STARTUP_PERIODS = 15
"""Wilder's average forgets slowly: after 15 periods less than a millionth of the first value is left."""


def add_columns(dataframe: DataFrame, settings: InitialStop) -> DataFrame:
    """Return the frame with the columns of the initial stop: the ATR, and the swing where it is asked for."""
    high, low, close = (dataframe[name].to_numpy(dtype=np.float64) for name in ("high", "low", "close"))
    enough = len(dataframe) > settings.period
    dataframe[ATR_COLUMN] = talib.ATR(high, low, close, timeperiod=settings.period) if enough else np.nan
    if settings.kind == "swing":
        dataframe[SWING_LOW_COLUMN] = dataframe["low"].rolling(settings.lookback).min()
        dataframe[SWING_HIGH_COLUMN] = dataframe["high"].rolling(settings.lookback).max()
    return dataframe


def startup_candles(settings: Settings) -> int:
    """Return how many candles the columns need before they are worth anything."""
    stops = [block.initial_stop for block in settings.blocks()]
    return max(max(STARTUP_PERIODS * stop.period, stop.lookback) for stop in stops)
