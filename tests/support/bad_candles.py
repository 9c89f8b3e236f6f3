"""Candles with impossible prices, and settings that need every column."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from pandas import DataFrame, date_range

from robustop_plugin.bridge.facts.indicators import add_columns
from robustop_plugin.settings import load_settings
from tests.support.hand_candles import START, STEP

PERIOD = 5
LIMIT = 3 * PERIOD
LENGTH = 120
PRICES = ["open", "high", "low", "close"]
EVERYTHING: dict[str, Any] = {
    "partials": [],
    "initial_stop": {"kind": "swing", "lookback": 30, "period": PERIOD},
    "market": {"adx_period": PERIOD, "percentile_candles": 10, "atr_mean_candles": 10},
    "engines": [
        {"name": "bracket", "strategy": "market_condition"},
        {"name": "smart_trail", "momentum_percent": 1.0, "momentum_candles": 4},
    ],
}


def drawn(seed: int, length: int = LENGTH) -> DataFrame:
    """Return valid candles."""
    price, rows = 100.0, []
    for change in np.random.default_rng(seed).uniform(-0.01, 0.01, length):
        opening, price = price, price * (1 + change)
        rows.append((opening, max(opening, price) * 1.002, min(opening, price) * 0.998, price))
    frame = DataFrame(rows, columns=PRICES)
    frame.insert(0, "date", date_range(START, periods=length, freq=STEP))
    return frame


def spoiled(frame: DataFrame, rows: Sequence[int], column: str = "close", value: float = math.nan) -> DataFrame:
    """Return the candles with an impossible price in some rows."""
    copy = frame.copy()
    copy.loc[list(rows), column] = value
    return copy


def with_columns(frame: DataFrame, block: dict[str, Any] = EVERYTHING) -> DataFrame:
    """Return the candles with robustop's columns for these settings."""
    return add_columns(frame.copy(), load_settings(block).default)
