"""Candle intervals of the loopback Binance, and which candle contains a time."""

import numpy as np
from numpy.typing import NDArray

Times = NDArray[np.int64]  # milliseconds since the epoch

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
FIRST_MONDAY = 4 * DAY  # the epoch was a Thursday
MONTH = "1M"
LENGTHS = {
    "1m": MINUTE,
    "3m": 3 * MINUTE,
    "5m": 5 * MINUTE,
    "15m": 15 * MINUTE,
    "30m": 30 * MINUTE,
    "1h": HOUR,
    "2h": 2 * HOUR,
    "4h": 4 * HOUR,
    "6h": 6 * HOUR,
    "8h": 8 * HOUR,
    "12h": 12 * HOUR,
    "1d": DAY,
    "3d": 3 * DAY,
    "1w": 7 * DAY,
    MONTH: 28 * DAY,
}
"""Interval lengths in milliseconds; a month counts as its shortest."""


def openings(times: Times, interval: str) -> Times:
    """Return the opening times of the candles that contain `times`."""
    if interval == MONTH:
        return _milliseconds(times.astype("datetime64[ms]").astype("datetime64[M]"))
    origin = FIRST_MONDAY if interval == "1w" else 0
    return times - (times - origin) % LENGTHS[interval]


def closings(opened: Times, interval: str) -> Times:
    """Return the closing times, the last millisecond, of candles that open at `opened`."""
    if interval == MONTH:
        return _milliseconds(opened.astype("datetime64[ms]").astype("datetime64[M]") + 1) - 1
    return opened + LENGTHS[interval] - 1


def opening(time: int, interval: str) -> int:
    """Return the opening time of the candle that contains `time`."""
    return int(openings(np.array([time]), interval)[0])


def _milliseconds(dates: NDArray[np.datetime64]) -> Times:
    return dates.astype("datetime64[ms]").astype(np.int64)
