"""The indicators that the stops of a replay use, candle by candle."""

import math

import numpy as np
from pandas import DataFrame

from robustop_plugin.bridge.facts.indicators import (
    ATR_COLUMN,
    ATR_MEAN_COLUMN,
    MOMENTUM_COLUMN,
    REGIME_COLUMN,
    SWING_HIGH_COLUMN,
    SWING_LOW_COLUMN,
    add_columns,
)
from robustop_plugin.lab.replay.kernel.row_types import COLUMNS, SIGNAL_DECIMALS
from robustop_plugin.lab.replay.kernel.tables import Floats, Table, records
from robustop_plugin.lab.replay.loader.candles import AnalyzedPair
from robustop_plugin.settings import RobustopBlock


def columns_of(
    pairs: list[AnalyzedPair], blocks: list[RobustopBlock], startup: int, signals: Table
) -> tuple[Table, Table]:
    """Return the indicator values that the stops use at each candle, and those that they use at each signal.

    They are those of the last closed main candle.

    Args:
        pairs: All pairs.
        blocks: The settings of each pair.
        startup: Number of startup candles.
        signals: The entry signals.
    """
    kinds = {"atr": (ATR_COLUMN, ATR_COLUMN), "swing": (SWING_LOW_COLUMN, SWING_HIGH_COLUMN)}
    # Filled in place: parts that are put together afterwards take twice the memory.
    columns, end = records(sum(len(pair.main) for pair in pairs), COLUMNS), 0
    at_signals = records(len(signals), SIGNAL_DECIMALS)
    for number, (pair, block) in enumerate(zip(pairs, blocks, strict=True)):
        stop = block.initial_stop
        low, high = kinds.get(stop.kind, (stop.column, stop.column))
        frame = add_columns(pair.frame, block)
        rows = startup + pair.main
        table, first, end = columns[end : end + len(rows)], end, end + len(rows)
        table["atr"] = _positive(_known(frame, ATR_COLUMN))[rows]
        table["momentum"] = _known(frame, MOMENTUM_COLUMN if block.momentum_candles is not None else None)[rows]
        own = np.flatnonzero(signals["pair"] == number)
        rows, sides = rows[signals["candle"][own] - first], signals["side"][own]
        mean = _positive(_known(frame, ATR_MEAN_COLUMN if block.needs_atr_mean else None))
        regime = np.nan_to_num(_known(frame, REGIME_COLUMN if block.needs_regime else None))
        at_signals["atr_mean"][own], at_signals["regime"][own] = mean[rows], regime[rows]
        at_signals["value"][own] = np.where(sides > 0, _known(frame, low)[rows], _known(frame, high)[rows])
    return columns, at_signals


def _known(frame: DataFrame, name: str | None) -> Floats:
    """Return a column with NaN for everything that is not a finite number; all NaN if the column is missing."""
    if name not in frame.columns:
        return np.full(len(frame), np.nan)
    values = frame[name].to_numpy()
    if values.dtype == object:
        values = np.array([value if isinstance(value, int | float) else math.nan for value in values])
    values = values.astype(np.float64)
    return np.where(np.isfinite(values), values, np.nan)


def _positive(values: Floats) -> Floats:
    return np.where(values > 0, values, np.nan)
