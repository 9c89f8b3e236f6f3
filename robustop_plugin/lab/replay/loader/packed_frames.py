"""Compressed dataframes: prices have few digits, and are needed again only for settings that use other columns."""

import zlib
from typing import Any, NamedTuple

import numpy as np
from pandas import DataFrame, Index, Series

LEVEL = 1
"""The fastest level of compression. Slower ones save little more."""


class PackedFrame(NamedTuple):
    """A dataframe.

    Attributes:
        index: Its index.
        columns: Its columns: floats as compressed bytes, others as they are.
    """

    index: Index
    columns: dict[str, bytes | Series]

    def unpacked(self) -> DataFrame:
        """Return the dataframe, which the caller may change."""
        return DataFrame({name: _unpacked(column) for name, column in self.columns.items()}, index=self.index)


def packed(frame: DataFrame) -> PackedFrame:
    """Return a dataframe with its floats compressed."""
    return PackedFrame(frame.index, {name: _packed(frame[name]) for name in frame.columns})


def _packed(column: Series) -> bytes | Series:
    return zlib.compress(column.to_numpy().tobytes(), LEVEL) if column.dtype == np.float64 else column


def _unpacked(column: bytes | Series) -> Any:
    return np.frombuffer(bytearray(zlib.decompress(column)), np.float64) if isinstance(column, bytes) else column
