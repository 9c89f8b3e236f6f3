"""The paths of the stops as columns of a dataframe: one value for each candle, none outside the trades."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from pandas import DataFrame

from robustop_plugin.audit.stop_path import Step, StopPath, foremost
from robustop_plugin.bridge.plots.rungs import Rung, next_price

STOP_COLUMN = "robustop_stop"
ENTRY_COLUMN = "robustop_entry"
INITIAL_STOP_COLUMN = "robustop_initial_stop"
RUNG_COLUMN = "robustop_next_rung"
COLUMNS = (STOP_COLUMN, ENTRY_COLUMN, INITIAL_STOP_COLUMN, RUNG_COLUMN)


class Stretch(NamedTuple):
    """Candles during which nothing changes, by their places in the frame.

    Attributes:
        begin: the first one.
        end: the one after the last.
        step: what holds.
    """

    begin: int
    end: int
    step: Step


def opening_times(frame: DataFrame) -> np.ndarray:
    """Return when the candles of a frame open, in seconds since the epoch."""
    times: np.ndarray = frame["date"].dt.as_unit("ms").astype("int64").to_numpy() / 1000
    return times


def shown_paths(paths: Iterable[StopPath], opens: np.ndarray, seconds: float) -> list[StopPath]:
    """Return the paths that touch the candles, or the candle that a bot is in the middle of."""
    begin, end = opens[0], opens[-1] + 2 * seconds
    return [path for path in paths if path.opened < end and (path.closed is None or path.closed >= begin)]


def stretches(path: StopPath, opens: np.ndarray, seconds: float) -> Iterator[Stretch]:
    """Yield the candles of a path. Of several steps in one candle the last counts.

    Args:
        path: a path that touches the candles.
        opens: when the candles open, in seconds since the epoch.
        seconds: the length of a candle.
    """
    known = [step for step in path.steps if step.time < opens[-1] + 2 * seconds]
    places = [max(0, place_of(step.time, opens)) for step in known]
    end = len(opens) if path.closed is None else place_of(path.closed, opens) + 1
    for step, begin, until in zip(known, places, [*places[1:], end], strict=True):
        if begin < min(until, end):
            yield Stretch(begin, min(until, end), step)


def place_of(time: float, opens: np.ndarray) -> int:
    """Return the place of the candle that contains a moment; -1 before the first."""
    return int(np.searchsorted(opens, time, side="right")) - 1


def add_columns(frame: DataFrame, paths: Sequence[StopPath], rungs: tuple[Rung, ...], seconds: float) -> None:
    """Add the columns to a frame of at least one candle.

    Args:
        frame: the frame, changed in place.
        paths: the paths of its pair, the oldest first.
        rungs: the rungs of its pair.
        seconds: the length of a candle.
    """
    opens = opening_times(frame)
    values = {name: np.full(len(opens), np.nan) for name in COLUMNS}
    end = 0
    for path in foremost(shown_paths(paths, opens, seconds)):
        drawn = list(stretches(path, opens, seconds))
        if not drawn:
            continue
        if drawn[0].begin <= end and drawn[0].begin > 0:
            # Without a candle between two trades, a line would connect them.
            for column in values.values():
                column[drawn[0].begin - 1] = np.nan
        for begin, end, step in drawn:
            values[STOP_COLUMN][begin:end] = step.stop
            values[ENTRY_COLUMN][begin:end] = step.entry
            values[INITIAL_STOP_COLUMN][begin:end] = path.initial_stop
            values[RUNG_COLUMN][begin:end] = next_price(path, step, rungs)
    for name, column in values.items():
        frame[name] = column
