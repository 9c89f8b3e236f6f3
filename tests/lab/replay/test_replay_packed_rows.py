"""Freqtrade's rows in columns: each comes back as it was."""

import pytest
from pandas import Timestamp

from robustop_plugin.lab.replay.loader.packed_rows import HIGH, PackedRows

ROWS = [
    [Timestamp("2024-03-05 14:00", tz="UTC"), 1.1, 1.3, 1.0, 1.2, 0, 0, 0, 0, None, None],
    [Timestamp("2024-03-05 14:05", tz="UTC"), 0.1 + 0.2, 1.4, 0.3, 1.25, 1, 0, 0, 1, "breakout", None],
    [Timestamp("1677-12-31 23:59:59.123", tz="UTC"), 1e-8, 1e22, 5e-324, 1.2, 0, 1, 1, 0, None, "late"],
]


@pytest.mark.parametrize("number", [0, 1, 2, -1])
def test_a_row_comes_back(number: int) -> None:
    """Times, prices, signals and tags are equal to Freqtrade's."""
    assert PackedRows(ROWS)[number] == ROWS[number]


def test_a_moment_is_in_utc() -> None:
    """The time of a row keeps its zone, on which a strategy's code may depend."""
    assert PackedRows(ROWS)[1][0].isoformat() == "2024-03-05T14:05:00+00:00"


def test_rows_are_a_sequence() -> None:
    """Length, slices and iteration are those of a list."""
    packed = PackedRows(ROWS)
    assert (len(packed), packed[1:], list(packed)) == (3, ROWS[1:], ROWS)


def test_columns_and_tags() -> None:
    """A column of numbers is an array; there is one exit tag for each row."""
    packed = PackedRows(ROWS)
    assert packed.column(HIGH).tolist() == [1.3, 1.4, 1e22]
    assert packed.exit_tags == (None, None, "late")


def test_only_rows_with_an_entry_signal_are_entries() -> None:
    """Long and short signals count, with the number of their row."""
    assert list(PackedRows(ROWS).entries()) == [(1, ROWS[1]), (2, ROWS[2])]


def test_no_rows() -> None:
    """A pair without candles has none."""
    packed = PackedRows([])
    assert (len(packed), list(packed), list(packed.entries())) == (0, [], [])


def test_unusual_signals_and_equal_tags_come_back() -> None:
    """Signals that are neither 0 nor 1 stay as they are; a tag that all rows have is that of each."""
    rows = [[*ROWS[0][:5], signal, 0, 0, 1, "", "late"] for signal in (0.5, 2.0, 1.0)]
    packed = PackedRows(rows)
    assert list(packed) == rows
    assert packed.exit_tags == ("late", "late", "late")
    assert packed.column(8).tolist() == [1.0, 1.0, 1.0]
