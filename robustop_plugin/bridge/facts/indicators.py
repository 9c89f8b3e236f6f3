"""Adds the columns that the stops need: ATR, swing, momentum and regime, on closed candles only."""

import numpy as np
import talib
from pandas import DataFrame, Series

from robustop_plugin.bridge.facts.bad_candles import (
    PRICES,
    BadCandleLog,
    age_limit,
    bad_candles,
    carry_forward,
    split_at_long_gaps,
)
from robustop_plugin.core.facts import Regime
from robustop_plugin.settings import RobustopBlock, Settings

ATR_COLUMN = "robustop_atr"
SWING_LOW_COLUMN = "robustop_swing_low"
SWING_HIGH_COLUMN = "robustop_swing_high"
MOMENTUM_COLUMN = "robustop_momentum"
ATR_MEAN_COLUMN = "robustop_atr_mean"
REGIME_COLUMN = "robustop_regime"
STARTUP_PERIODS = 15
"""Wilder's average decays slowly: after 15 periods, less than a millionth of the first value is left."""


def add_columns(
    dataframe: DataFrame, block: RobustopBlock, pair: str = "a pair", log: BadCandleLog | None = None
) -> DataFrame:
    """Return the frame with the ATR column, and with the other columns that the settings need.

    Bad candles are left out of the computation. On a bad candle, the columns hold the values of the last good one for
    as long as an ATR counts as known; the momentum is NaN there.

    Args:
        dataframe: Candles of one pair; the columns are added in place.
        block: The settings of the pair.
        pair: The pair's name, for the log.
        log: Logs bad candles; None to log nothing.
    """
    bad = bad_candles(dataframe)
    if log is not None:
        log.report(pair, dataframe, bad)
    if not bad.any():
        return _with_columns(dataframe, block)
    longest = age_limit(block.initial_stop.period)
    parts = [
        (rows, _with_columns(dataframe[PRICES].iloc[rows].copy(), block)) for rows in split_at_long_gaps(bad, longest)
    ]
    for name in parts[0][1].columns.drop(PRICES):
        values = np.full(len(dataframe), np.nan)
        for rows, part in parts:
            values[rows] = part[name]
        dataframe[name] = values if name == MOMENTUM_COLUMN else carry_forward(values, bad, longest)
    return dataframe


def _with_columns(dataframe: DataFrame, block: RobustopBlock) -> DataFrame:
    """Return the frame with its columns. Every price in it has to be finite and positive."""
    stop = block.initial_stop
    high, low, close = (dataframe[name].to_numpy(dtype=np.float64) for name in ("high", "low", "close"))
    enough = len(dataframe) > stop.period
    dataframe[ATR_COLUMN] = talib.ATR(high, low, close, timeperiod=stop.period) if enough else np.nan
    if stop.kind == "swing":
        dataframe[SWING_LOW_COLUMN] = dataframe["low"].rolling(stop.lookback).min()
        dataframe[SWING_HIGH_COLUMN] = dataframe["high"].rolling(stop.lookback).max()
    if block.momentum_candles is not None:
        dataframe[MOMENTUM_COLUMN] = 100 * dataframe["close"].pct_change(block.momentum_candles, fill_method=None)
    if block.needs_atr_mean:
        dataframe[ATR_MEAN_COLUMN] = dataframe[ATR_COLUMN].rolling(block.market.atr_mean_candles).mean()
    if block.needs_regime:
        dataframe[REGIME_COLUMN] = regimes(dataframe, block)
    return dataframe


def regimes(dataframe: DataFrame, block: RobustopBlock) -> Series:
    """Return the market regime at each candle as a number of `Regime`; NaN if unknown.

    The ADX is J. Welles Wilder's, "New Concepts in Technical Trading Systems" (1978).
    """
    market = block.market
    high, low, close = (dataframe[name].to_numpy(dtype=np.float64) for name in ("high", "low", "close"))
    enough = len(dataframe) >= 2 * market.adx_period
    adx = talib.ADX(high, low, close, timeperiod=market.adx_period) if enough else np.full(len(dataframe), np.nan)
    percentile = 100 * dataframe[ATR_COLUMN].rolling(market.percentile_candles).rank(pct=True)
    calm = np.where(adx >= market.trending_adx, Regime.TRENDING, Regime.RANGING)
    regime = Series(np.where(percentile >= market.volatile_percentile, Regime.VOLATILE, calm), dataframe.index)
    return regime.where(percentile.notna() & ~np.isnan(adx)).astype(float)


def startup_candles(settings: Settings) -> int:
    """Return how many candles the columns need before their values are reliable."""
    return max(map(_startup_candles, settings.blocks()))


def _startup_candles(block: RobustopBlock) -> int:
    stop, market = block.initial_stop, block.market
    settled = STARTUP_PERIODS * stop.period
    needed = [settled, stop.lookback, block.momentum_candles or 0]
    if block.needs_atr_mean:
        needed.append(settled + market.atr_mean_candles)
    if block.needs_regime:
        # The ADX is an average of an average, so it settles in twice the time.
        needed += [2 * STARTUP_PERIODS * market.adx_period, settled + market.percentile_candles]
    return max(needed)
