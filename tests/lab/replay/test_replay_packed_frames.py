"""Compressed dataframes are what they were."""

import math

import numpy as np
import pandas as pd
from pandas.testing import assert_frame_equal

from robustop_plugin.lab.replay.loader.packed_frames import packed


def test_an_unpacked_frame_is_what_was_packed() -> None:
    """Every column keeps its values, its type and its place, NaN and texts included."""
    frame = pd.DataFrame(
        {
            "close": [0.1, math.nan, -0.0, math.inf, 1e-300],
            "greed": [1, 2, 3, 4, 5],
            "bearish": [True, None, "no", 0, 1.5],
            "half": np.array([1, 2, 3, 4, 5], np.float32),
        },
        index=range(3, 8),
    )
    found = packed(frame).unpacked()
    assert_frame_equal(found, frame, check_exact=True)
    assert math.copysign(1, found["close"].iloc[2]) == -1


def test_a_frame_can_be_changed_without_changing_the_packed_one() -> None:
    """What is unpacked belongs to who unpacks it."""
    kept = packed(pd.DataFrame({"close": [1.0, 2.0]}))
    found = kept.unpacked()
    found.loc[0, "close"] = 7.0
    assert kept.unpacked()["close"].tolist() == [1.0, 2.0]


def test_prices_take_less_room() -> None:
    """Prices of two decimals are compressed to less than half."""
    prices = np.round(100 + np.cumsum(np.sin(np.arange(5000) ** 2)), 2)
    (column,) = packed(pd.DataFrame({"close": prices})).columns.values()
    assert isinstance(column, bytes)
    assert len(column) < prices.nbytes / 2
