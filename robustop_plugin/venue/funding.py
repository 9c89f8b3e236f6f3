"""Funding rates of the loopback Binance: those on file, then Binance's neutral rate."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from robustop_plugin.venue.intervals import HOUR, opening

SCHEDULE = "8h"
PERIOD = 8 * HOUR
NEUTRAL = 0.0001  # fraction of the notional
RATE_COLUMNS = ("funding_rate", "open")  # Freqtrade's newer files, older files


class Rate(NamedTuple):
    """One funding settlement.

    Attributes:
        time: milliseconds since the epoch.
        rate: fraction of the notional.
    """

    time: int
    rate: float


class Funding:
    """Funding settlements of one perpetual."""

    def __init__(self, begins: int, known: list[Rate] | None = None) -> None:
        """Start with the rates on file, or with the neutral rate from `begins` (ms since the epoch)."""
        self._known = known or [Rate(opening(begins + PERIOD - 1, SCHEDULE), NEUTRAL)]

    def settled(self, now: int) -> list[Rate]:
        """Return all settlements up to `now`, oldest first."""
        past = [rate for rate in self._known if rate.time <= now]
        following = opening(self._known[-1].time, SCHEDULE) + PERIOD
        return past + [Rate(time, NEUTRAL) for time in range(following, now + 1, PERIOD)]

    def last(self, now: int) -> float:
        """Return the rate of the last settlement; neutral before the first."""
        settled = self.settled(now)
        return settled[-1].rate if settled else NEUTRAL


def next_funding(now: int) -> int:
    """Return the time of the next settlement after `now`, in milliseconds since the epoch."""
    return opening(now, SCHEDULE) + PERIOD


def rates_of(frame: pd.DataFrame, slide: int) -> list[Rate]:
    """Return a file's rates, shifted by the whole periods in `slide` so that they stay on schedule."""
    column = next(name for name in RATE_COLUMNS if name in frame)
    times = frame["date"].dt.as_unit("ms").astype("int64").to_numpy() + slide // PERIOD * PERIOD
    return [Rate(int(time), float(rate)) for time, rate in zip(times, np.asarray(frame[column]), strict=True)]
