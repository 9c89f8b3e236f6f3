"""The take-profit oracle caches each grid with the table that it belongs to."""

from fractions import Fraction

import pandas as pd

from tests.support.targets import tick_of

TABLES = 200
"""Enough for Python to reuse an address: the next table usually gets it."""


def table(price: float) -> pd.DataFrame:
    """Return a month of one candle with one price."""
    frame = pd.DataFrame([(price,) * 4], columns=["open", "high", "low", "close"])
    frame.insert(0, "date", pd.to_datetime([0], unit="ms", utc=True))
    return frame


def test_a_table_that_stands_where_another_one_stood_has_a_grid_of_its_own() -> None:
    """Tables created and deleted, with two and eight decimal places in turn, each get their own grid."""
    for places in (2, 8) * (TABLES // 2):
        assert tick_of(table(10.0**-places), 0) == Fraction(1, 10**places)
