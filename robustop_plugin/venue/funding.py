"""Funding rates of a perpetual: those on file, and Binance's neutral one where there is none."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from robustop_plugin.venue.intervals import HOUR, opening

SCHEDULE = "8h"
PERIOD = 8 * HOUR
NEUTRAL = 0.0001
RATE_COLUMNS = ("funding_rate", "open")  # newer files of Freqtrade, older ones


class Rate(NamedTuple):
    """One settlement: when, in milliseconds since the epoch, and at what rate."""

    time: int
    rate: float


class Funding:
    """The settlements of one perpetual."""

    def __init__(self, begins: int, known: list[Rate] | None = None) -> None:
        """Take the rates on file; without any, neutral ones begin at `begins`."""
        self._known = known or [Rate(opening(begins + PERIOD - 1, SCHEDULE), NEUTRAL)]

    def settled(self, now: int) -> list[Rate]:
        """Return all settlements up to `now`."""
        past = [rate for rate in self._known if rate.time <= now]
        following = opening(self._known[-1].time, SCHEDULE) + PERIOD
        return past + [Rate(time, NEUTRAL) for time in range(following, now + 1, PERIOD)]

    def last(self, now: int) -> float:
        """Return the rate of the last settlement."""
        settled = self.settled(now)
        return settled[-1].rate if settled else NEUTRAL


def next_funding(now: int) -> int:
    """Return when the next settlement after `now` is due."""
    return opening(now, SCHEDULE) + PERIOD


def rates_of(frame: pd.DataFrame, slide: int) -> list[Rate]:
    """Return the rates of a file, moved by the whole periods of `slide` so that they stay on the schedule."""
    column = next(name for name in RATE_COLUMNS if name in frame)
    times = frame["date"].dt.as_unit("ms").astype("int64").to_numpy() + slide // PERIOD * PERIOD
    return [Rate(int(time), float(rate)) for time, rate in zip(times, np.asarray(frame[column]), strict=True)]
