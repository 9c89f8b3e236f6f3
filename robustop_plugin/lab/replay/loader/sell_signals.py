"""Finds the candles at which the council's columns request an exit."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pandas import DataFrame

from robustop_plugin.lab.replay.kernel.tables import Floats, Whole
from robustop_plugin.lab.replay.loader.candles import AnalyzedPair
from robustop_plugin.settings import Council, RobustopBlock

Mask = NDArray[np.bool_]


def sell_signals_of(pairs: list[AnalyzedPair], blocks: list[RobustopBlock], startup: int) -> Whole:
    """Return the index of each candle at which the council sells, ascending, as its last closed main candle says.

    Args:
        pairs: All pairs.
        blocks: The settings of each pair.
        startup: Number of startup candles.
    """
    found, first = [np.zeros(0, np.int64)], 0
    for pair, block in zip(pairs, blocks, strict=True):
        council = block.active_council
        # A backtest hears no producer.
        if council is not None and council.producer is None:
            found.append(first + np.flatnonzero(sells(pair.frame, council)[startup + pair.main]))
        first += len(pair.main)
    return np.concatenate(found)


def sells(frame: DataFrame, council: Council) -> Mask:
    """Return at which candles sentiment is above `greed_above` and the outlook is bearish; missing values are not."""
    sentiment, bearish = numbers(frame, council.sentiment_column), numbers(frame, council.bearish_column)
    active: Mask = (sentiment > council.greed_above) & ~np.isnan(bearish) & (bearish != 0)
    return active


def numbers(frame: DataFrame, name: str | None) -> Floats:
    """Return a column as numbers; NaN for everything else."""
    if name not in frame.columns:
        return np.full(len(frame), np.nan)
    column = frame[name]
    if isinstance(column.dtype, np.dtype) and column.dtype.kind in "biuf":
        values: Floats = column.to_numpy(np.float64)
        return values
    return np.array([number(value) for value in column], np.float64)


def number(value: Any) -> float:
    """Return a value as a float, as the bot does; NaN if it is none."""
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return math.nan
