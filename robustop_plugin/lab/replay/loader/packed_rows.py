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


def shared(tags: Iterable[Any]) -> tuple[Any, ...]:
    """Return tags, in which equal texts are one object."""
    return tuple(sys.intern(tag) if type(tag) is str else tag for tag in tags)


class PackedRows(Sequence[list[Any]]):
    """Rows as Freqtrade lists them; each is made anew when it is asked for."""

    def __init__(self, rows: Sequence[Sequence[Any]]) -> None:
        """Pack rows."""
        #: Opening times, in seconds since the epoch.
        self.times: NDArray[np.float64] = np.array([row[DATE].timestamp() for row in rows], np.float64)
        self._numbers = {index: np.array([row[index] for row in rows], np.float64) for index in NUMBERS}
        #: Texts of exit tags; equal ones are one object.
        self.exit_tags = shared(row[EXIT_TAG] for row in rows)
        self._enter_tags = shared(row[ENTER_TAG] for row in rows)

    def column(self, index: int) -> NDArray[np.float64]:
        """Return a column of numbers."""
        return self._numbers[index]

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
        return [date, *numbers, self._enter_tags[index], self.exit_tags[index]]

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.times)
