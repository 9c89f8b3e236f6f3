"""The candles of a replay, out of Freqtrade's own backtester: its rows, its signals, its detail candles."""

import math
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from freqtrade.data import history
from freqtrade.data.converter import trim_dataframes
from freqtrade.optimize.backtesting import Backtesting
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
from robustop_plugin.lab.replay.errors import NotModelled
from robustop_plugin.lab.replay.kernel.tables import CANDLE, COLUMNS, Floats, Table, Whole
from robustop_plugin.settings import RobustopBlock

DATE, OPEN, HIGH, LOW, CLOSE, ENTER_LONG, EXIT_LONG, ENTER_SHORT, EXIT_SHORT, ENTER_TAG, EXIT_TAG = range(11)
"""Columns of the host's rows."""


@dataclass
class Loaded:
    """One pair as the host steps through it.

    Attributes:
        pair: its name.
        frame: analyzed candles, those before the first row included.
        rows: the host's rows of main candles.
        steps: the rows it steps through: main candles, or their detail candles.
        main: number of the main row that each step lies in.
    """

    pair: str
    frame: DataFrame
    rows: list[Any]
    steps: list[Any] = field(default_factory=list)
    main: list[int] = field(default_factory=list)


class Analyzed(NamedTuple):
    """What is kept of a pair: all that columns and reports need, and nothing of the host's.

    Attributes:
        pair: its name.
        frame: analyzed candles, those before the first row included.
        main: number of the main row of each step.
        tags: of exits, by step; empty where there are none.
    """

    pair: str
    frame: DataFrame
    main: Whole
    tags: tuple[str | None, ...]


def analyzed(one: Loaded) -> Analyzed:
    """Return what is kept of a pair."""
    tags = tuple(step[EXIT_TAG] for step in one.steps)
    return Analyzed(one.pair, one.frame, np.array(one.main, np.int64), tags if any(tags) else ())


def load(backtesting: Backtesting) -> tuple[list[Loaded], float, float]:
    """Return every pair of a backtest with its rows, and when the host begins and ends, in seconds.

    Raises:
        Refused: candles are missing, or lie outside of their own high and low.
    """
    data, timerange = backtesting.load_bt_data()
    backtesting._set_strategy(backtesting.strategylist[0])  # noqa: SLF001 (the host's own way to start one)
    processed = backtesting.strategy.advise_all_indicators(data)
    trimmed = trim_dataframes(processed, timerange, backtesting.required_startup)
    if not trimmed:
        raise NotModelled("no candles are left after the startup candles: take a longer timerange")
    begins, ends = (moment.timestamp() for moment in history.get_timerange(trimmed))
    pairs = [_loaded(backtesting, pair, frame, begins) for pair, frame in processed.items()]
    return [one for one in pairs if one.steps], begins, ends


def _loaded(backtesting: Backtesting, pair: str, frame: DataFrame, begins: float) -> Loaded:
    rows = backtesting._get_ohlcv_as_lists({pair: frame})[pair]  # noqa: SLF001 (its conventions are the truth)
    one = Loaded(pair, frame, rows)
    seconds = backtesting.timeframe_secs
    for number, row in enumerate(rows):
        expected = rows[0][DATE].timestamp() + number * seconds
        if row[DATE].timestamp() != expected or (expected - begins) % seconds:
            raise NotModelled(f"{pair} has no candle at {row[DATE]}: load candles without gaps")
        detail = backtesting.get_detail_data(pair, row) if pair in backtesting.detail_data else None
        steps = [row] if detail is None else detail
        one.steps += steps
        one.main += [number] * len(steps)
        for step in steps:
            if not all(0 < step[price] < math.inf for price in (OPEN, HIGH, LOW, CLOSE)):
                raise NotModelled(
                    f"{pair} has a price that is not finite and positive at {step[DATE]}: repair the candle"
                )
            if not step[LOW] <= step[OPEN] <= step[HIGH]:
                raise NotModelled(
                    f"{pair} opens outside of its candle at {step[DATE]}: the host would not fill an entry"
                )
    return one


def offset_of(one: Loaded, begins: float, seconds: float) -> int:
    """Return the number of a pair's first main candle, counted from the beginning of the run."""
    return int((one.rows[0][DATE].timestamp() - begins) / seconds)


def candles_of(pairs: list[Loaded], begins: float, seconds: float) -> Table:
    """Return the candles of all pairs, one behind the other."""
    table = np.zeros(sum(len(one.steps) for one in pairs), CANDLE)
    steps = [step for one in pairs for step in one.steps]
    table["time"] = [step[DATE].timestamp() for step in steps]
    table["open"] = [step[OPEN] for step in steps]
    table["main"] = [offset_of(one, begins, seconds) + number for one in pairs for number in one.main]
    table["enters_long"] = [bool(step[ENTER_LONG]) for step in steps]
    table["enters_short"] = [bool(step[ENTER_SHORT]) for step in steps]
    return table.view(np.recarray)


def extremes_of(pairs: list[Loaded], index: int) -> Floats:
    """Return the lows or the highs of all pairs, by the column of the host's rows."""
    return np.array([step[index] for one in pairs for step in one.steps], np.float64)


def exits_of(pairs: list[Loaded], exit_: int, enter: int) -> Whole:
    """Return for each candle the next one, or itself, at which an exit signal stands and no entry signal does."""
    flags = np.array([bool(step[exit_]) and not step[enter] for one in pairs for step in one.steps], np.bool_)
    nowhere = np.iinfo(np.int64).max
    found = np.where(flags, np.arange(len(flags)), nowhere)
    following: Whole = np.minimum.accumulate(found[::-1])[::-1]
    return following


def columns_of(pairs: list[Analyzed], block: RobustopBlock, startup: int) -> Table:
    """Return what the stops of a block look at, at each candle: the last closed main candle's."""
    stop = block.initial_stop
    kinds = {"atr": (ATR_COLUMN, ATR_COLUMN), "swing": (SWING_LOW_COLUMN, SWING_HIGH_COLUMN)}
    low, high = kinds.get(stop.kind, (stop.column, stop.column))
    parts = []
    for one in pairs:
        frame = add_columns(one.frame.copy(), block)
        rows = startup + one.main
        table = np.zeros(len(rows), COLUMNS)
        table["atr"] = _positive(_known(frame, ATR_COLUMN))[rows]
        table["atr_mean"] = _positive(_known(frame, ATR_MEAN_COLUMN if block.needs_atr_mean else None))[rows]
        table["regime"] = np.nan_to_num(_known(frame, REGIME_COLUMN if block.needs_regime else None))[rows]
        table["momentum"] = _known(frame, MOMENTUM_COLUMN if block.momentum_candles is not None else None)[rows]
        table["low"], table["high"] = _known(frame, low)[rows], _known(frame, high)[rows]
        parts.append(table)
    return np.concatenate(parts).view(np.recarray)


def _known(frame: DataFrame, name: str | None) -> Floats:
    """Return a column with NaN for everything that is no finite number; a column that is not there is not known."""
    if name not in frame.columns:
        return np.full(len(frame), np.nan)
    values = frame[name].to_numpy()
    if values.dtype == object:
        values = np.array([value if isinstance(value, int | float) else math.nan for value in values])
    values = values.astype(np.float64)
    return np.where(np.isfinite(values), values, np.nan)


def _positive(values: Floats) -> Floats:
    return np.where(values > 0, values, np.nan)
