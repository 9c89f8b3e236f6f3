"""Freqtrade's rows of candles in columns: as lists of Python's numbers, rows take ten times the memory."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray
from pandas import Timestamp

DATE, OPEN, HIGH, LOW, CLOSE, ENTER_LONG, EXIT_LONG, ENTER_SHORT, EXIT_SHORT, ENTER_TAG, EXIT_TAG = range(11)
"""Columns of Freqtrade's rows."""

NUMBERS = range(OPEN, ENTER_TAG)
SIGNALS = range(ENTER_LONG, ENTER_TAG)


def shared(tags: Iterable[Any]) -> tuple[Any, ...]:
    """Return tags, in which equal texts are one object; a single one if they all are the same object."""
    found = tuple(sys.intern(tag) if type(tag) is str else tag for tag in tags)
    return found[:1] if all(tag is found[0] for tag in found) else found


def packed_signals(values: NDArray[np.float64]) -> NDArray[Any]:
    """Return signals in an eighth of their memory if each is 0 or 1, as is usual; else as they are."""
    is_set = values == 1
    return is_set if (is_set | (values == 0)).all() else values


class PackedRows(Sequence[list[Any]]):
    """Rows as Freqtrade lists them; each is made anew when it is asked for."""

    def __init__(self, rows: Sequence[Sequence[Any]]) -> None:
        """Pack rows."""
        #: Opening times, in seconds since the epoch.
        self.times: NDArray[np.float64] = np.array([row[DATE].timestamp() for row in rows], np.float64)
        self._numbers: dict[int, NDArray[Any]] = {
            index: np.array([row[index] for row in rows], np.float64) for index in NUMBERS
        }
        for index in SIGNALS:
            self._numbers[index] = packed_signals(self._numbers[index])
        self._exit_tags = shared(row[EXIT_TAG] for row in rows)
        self._enter_tags = shared(row[ENTER_TAG] for row in rows)

    def column(self, index: int) -> NDArray[np.float64]:
        """Return a column of numbers."""
        return self._numbers[index].astype(np.float64, copy=False)

    @property
    def exit_tags(self) -> tuple[Any, ...]:
        """The exit tag of each row; equal texts are one object."""
        return self._exit_tags * len(self) if len(self._exit_tags) == 1 else self._exit_tags

    def entries(self) -> Iterator[tuple[int, list[Any]]]:
        """Yield number and row of each candle with an entry signal."""
        signalled = (self.column(ENTER_LONG) == 1) | (self.column(ENTER_SHORT) == 1)
        yield from ((number, self[number]) for number in np.flatnonzero(signalled).tolist())

    @overload
    def __getitem__(self, index: int) -> list[Any]: ...
    @overload
    def __getitem__(self, index: slice) -> list[list[Any]]: ...
    def __getitem__(self, index: int | slice) -> list[Any] | list[list[Any]]:
        """Return a row."""
        if isinstance(index, slice):
            return [self[number] for number in range(*index.indices(len(self)))]
        numbers = (float(self._numbers[column][index]) for column in NUMBERS)
        date = Timestamp(round(self.times[index] * 1000), unit="ms", tz="UTC")
        tags = (found[index if len(found) > 1 else 0] for found in (self._enter_tags, self._exit_tags))
        return [date, *numbers, *tags]

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.times)
