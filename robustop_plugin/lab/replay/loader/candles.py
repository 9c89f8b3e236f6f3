"""Loads the candles of a replay from Freqtrade's own backtester: its rows, its signals, its detail candles."""

import math
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from freqtrade.data import history
from freqtrade.data.converter import trim_dataframes
from freqtrade.enums import TradingMode
from freqtrade.optimize.backtesting import Backtesting
from pandas import DataFrame

from robustop_plugin.bridge.facts.bad_candles import PRICES
from robustop_plugin.lab.free_memory import return_memory
from robustop_plugin.lab.replay.errors import NotModelled
from robustop_plugin.lab.replay.kernel.row_types import CANDLE
from robustop_plugin.lab.replay.kernel.tables import Floats, Table, Whole
from robustop_plugin.lab.replay.loader.packed_frames import PackedFrame, packed
from robustop_plugin.lab.replay.loader.packed_rows import (
    CLOSE,
    DATE,
    ENTER_LONG,
    ENTER_SHORT,
    HIGH,
    LOW,
    OPEN,
    PackedRows,
)
from robustop_plugin.settings import RobustopBlock


@dataclass
class LoadedPair:
    """One pair as Freqtrade steps through it.

    Attributes:
        name: Its name.
        frame: Analyzed candles, startup candles included: the columns that are kept.
        dropped: Names of the other columns.
        rows: Freqtrade's rows of main candles.
        steps: Freqtrade's rows of the candles that it steps through: main candles, or their detail candles.
        main: Number of the main row that contains each step.
    """

    name: str
    frame: DataFrame
    dropped: frozenset[str]
    rows: PackedRows
    steps: PackedRows
    main: Whole


class AnalyzedPair(NamedTuple):
    """What is kept of a pair for columns and reports, without Freqtrade's objects.

    Attributes:
        name: Its name.
        packed: Analyzed candles, startup candles included: the columns that are kept.
        dropped: Names of the other columns.
        main: Number of the main row that contains each step.
        tags: Exit tag of each step; empty if there are none.
    """

    name: str
    packed: PackedFrame
    dropped: frozenset[str]
    main: Whole
    tags: tuple[str | None, ...]

    @property
    def frame(self) -> DataFrame:
        """The analyzed candles, made anew."""
        return self.packed.unpacked()


def analyzed(pair: LoadedPair) -> AnalyzedPair:
    """Return what is kept of a pair."""
    tags = pair.steps.exit_tags
    return AnalyzedPair(pair.name, packed(pair.frame), pair.dropped, pair.main, tags if any(tags) else ())


def named_columns(block: RobustopBlock) -> frozenset[str]:
    """Return the strategy's columns that a block of settings names."""
    council = block.council
    named = (block.initial_stop.column, council and council.sentiment_column, council and council.bearish_column)
    return frozenset(name for name in named if name)


def refuse_dropped(pairs: list[AnalyzedPair], blocks: list[RobustopBlock]) -> None:
    """Refuse settings that name a column that was not kept: the replay would take it for a missing one.

    Raises:
        NotModelled: Settings name such a column.
    """
    for pair, block in zip(pairs, blocks, strict=True):
        for name in sorted(named_columns(block) & pair.dropped):
            raise NotModelled(f"column {name} of {pair.name} was dropped: load the replay with settings that name it")


def load(backtesting: Backtesting, columns: Collection[str] | None) -> tuple[list[LoadedPair], float, float]:
    """Return every pair of a backtest with its rows, and when Freqtrade begins and ends, in seconds since the epoch.

    Args:
        backtesting: Freqtrade's backtester.
        columns: Names of the strategy's columns that are kept, beside the prices; None for all.

    Raises:
        NotModelled: Candles are missing, or have invalid prices.
    """
    data, timerange = backtesting.load_bt_data()
    backtesting._set_strategy(backtesting.strategylist[0])  # noqa: SLF001 (Freqtrade's own way to start a strategy)
    processed = backtesting.strategy.advise_all_indicators(data)
    # Trimming copies: nothing but the times is needed here.
    times = {pair: frame[["date"]] for pair, frame in processed.items()}
    trimmed = trim_dataframes(times, timerange, backtesting.required_startup)
    if not trimmed:
        raise NotModelled("no candles are left after the startup candles: take a longer timerange")
    begins, ends = (moment.timestamp() for moment in history.get_timerange(trimmed))
    # Of the candles as they were loaded, and of the copies, nothing is needed any more.
    del data, times, trimmed
    return_memory()
    loaded = []
    for pair, frame in processed.items():
        loaded.append(_loaded(backtesting, pair, frame, begins))
        return_memory()
    if columns is not None:
        # The signals of one pair may have been made of the columns of another: they are dropped after the last pair.
        processed.clear()
        if backtesting.trading_mode != TradingMode.FUTURES:
            # On futures the strategy is asked for the leverage of each entry, and may look at its frames.
            backtesting.dataprovider.clear_cache()
            backtesting.strategy._robustop.candles.closed.clear()  # noqa: SLF001 (the mixin's own)
        for pair in loaded:
            keep_columns(pair, columns)
        return_memory()
    return [pair for pair in loaded if pair.steps], begins, ends


def keep_columns(pair: LoadedPair, columns: Collection[str]) -> None:
    """Drop the columns of a pair, except for its prices and some others."""
    kept = [name for name in pair.frame.columns if name in PRICES or name in columns]
    pair.dropped = frozenset(pair.frame.columns) - {*kept}
    pair.frame = pair.frame[kept].copy()


def _loaded(backtesting: Backtesting, pair: str, frame: DataFrame, begins: float) -> LoadedPair:
    frames = {pair: frame}
    rows = backtesting._get_ohlcv_as_lists(frames)[pair]  # noqa: SLF001 (its conventions decide)
    # What the strategy adds with its signals may be in a copy.
    for name in frames[pair].columns.difference(frame.columns):
        frame[name] = frames[pair][name]
    all_steps: list[Any] = []
    main: list[int] = []
    seconds = backtesting.timeframe_secs
    for number, row in enumerate(rows):
        expected = rows[0][DATE].timestamp() + number * seconds
        if row[DATE].timestamp() != expected or (expected - begins) % seconds:
            raise NotModelled(f"{pair} has no candle at {row[DATE]}: load candles without gaps")
        detail = backtesting.get_detail_data(pair, row) if pair in backtesting.detail_data else None
        candles = [row] if detail is None else detail
        all_steps += candles
        main += [number] * len(candles)
        for step in candles:
            if not all(0 < step[price] < math.inf for price in (OPEN, HIGH, LOW, CLOSE)):
                raise NotModelled(
                    f"{pair} has a price that is not finite and positive at {step[DATE]}: repair the candle"
                )
            if not step[LOW] <= step[OPEN] <= step[HIGH]:
                raise NotModelled(
                    f"{pair} opens outside of its candle at {step[DATE]}: Freqtrade would not fill an entry"
                )
    packed_rows = PackedRows(rows)
    has_detail = pair in backtesting.detail_data
    steps = PackedRows(all_steps) if has_detail else packed_rows
    return LoadedPair(pair, frame, frozenset(), packed_rows, steps, np.array(main, np.int64))


def offset_of(pair: LoadedPair, begins: float, seconds: float) -> int:
    """Return the number of a pair's first main candle, counted from the beginning of the run."""
    return int((pair.rows.times[0] - begins) / seconds)


def candles_of(pairs: list[LoadedPair], begins: float, seconds: float) -> Table:
    """Return the candles of all pairs, one pair behind the other."""
    table = np.zeros(sum(len(pair.steps) for pair in pairs), CANDLE)
    table["time"] = np.concatenate([pair.steps.times for pair in pairs])
    table["open"] = extremes_of(pairs, OPEN)
    table["main"] = np.concatenate([offset_of(pair, begins, seconds) + pair.main for pair in pairs])
    # A number that is not zero is set, NaN included, as in Python.
    table["enters_long"] = extremes_of(pairs, ENTER_LONG) != 0
    table["enters_short"] = extremes_of(pairs, ENTER_SHORT) != 0
    return table.view(np.recarray)


def extremes_of(pairs: list[LoadedPair], index: int) -> Floats:
    """Return the lows, the highs or other numbers of all pairs, by the column of Freqtrade's rows."""
    return np.concatenate([pair.steps.column(index) for pair in pairs])


def closed_extremes_of(pairs: list[AnalyzedPair], column: str, startup: int) -> Floats:
    """Return the low or the high of the last main candle that closed before each candle."""
    return np.concatenate([pair.frame[column].to_numpy(np.float64)[startup + pair.main] for pair in pairs])


def exits_of(pairs: list[LoadedPair], exit_: int, enter: int) -> Whole:
    """Return for each candle the next one, or itself, with an exit signal and without an entry signal."""
    flags = (extremes_of(pairs, exit_) != 0) & (extremes_of(pairs, enter) == 0)
    nowhere = np.iinfo(np.int64).max
    found = np.where(flags, np.arange(len(flags)), nowhere)
    # In memory as it is after pickling: another layout would be compiled once more.
    following: Whole = np.ascontiguousarray(np.minimum.accumulate(found[::-1])[::-1])
    return following
