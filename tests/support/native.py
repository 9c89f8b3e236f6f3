"""Explains from the candles alone why a trade under `trailing_stop` differs from one under `smart_trail`."""

from collections.abc import Mapping
from fractions import Fraction
from math import ceil
from typing import Any, NamedTuple

import pandas as pd

from tests.support.targets import exact, tick_of

FEE = 0.001
ROUNDED = 5e-9
"""Freqtrade rounds a profit to eight digits before comparing it, and requires more than the offset."""

COMPARED = ("close_timestamp", "close_rate", "exit_reason")


class Trail(NamedTuple):
    """One configuration of Freqtrade's own trailing stop; both values are ratios.

    Attributes:
        offset: `trailing_stop_positive_offset`, judged on the profit after fees.
        positive: `trailing_stop_positive`.
    """

    offset: float
    positive: float

    @property
    def native(self) -> dict[str, Any]:
        """Return the attributes of a strategy that trails natively."""
        return {
            "trailing_stop": True,
            "trailing_stop_positive": self.positive,
            "trailing_stop_positive_offset": self.offset,
            "trailing_only_offset_is_reached": True,
        }

    @property
    def engine(self) -> dict[str, Any]:
        """Return the equivalent engine; its activation is a price distance, so fees are added to it."""
        gross = (1 + self.offset + ROUNDED) * (1 + FEE) / (1 - FEE) - 1
        return {
            "name": "smart_trail",
            "activation_percent": round(100 * gross, 10),
            "distance_percent": round(100 * self.positive, 10),
        }


def class_of(native: Mapping[str, Any], ours: Mapping[str, Any], trail: Trail, table: pd.DataFrame) -> str:
    """Return the rule, Freqtrade's or robustop's, that explains a difference between two trades.

    Args:
        native: the trade under Freqtrade's own trailing stop.
        ours: the trade of the same entry under `smart_trail`.
        trail: the setting of both.
        table: the candles on which stops were looked at, by their opening time in milliseconds.
    """
    if all(native[name] == ours[name] for name in COMPARED):
        return "same"
    tick = tick_of(table, native["open_timestamp"])
    if priced_on_entry_candle(native, ours, trail, table, tick):
        return "entry candle"
    ended = min(native["close_timestamp"], ours["close_timestamp"])
    before, last = table.loc[native["open_timestamp"] : ended - 1], table.loc[ended]
    stops = [exact(trade["stop_loss_abs"]) for trade in (native, ours)]
    # Freqtrade also checks the high of the last candle, unless its low hit the stop before.
    for best in (before["high"].max(), max(before["high"].max(), last["high"])):
        level = exact(best) * (1 - exact(trail.positive))
        stop = rounded_up(level, tick)
        if stop >= exact(best) and stops[0] == stop:
            return "stop at the high itself"
        if level == stop and stops == [stop + tick, stop]:
            return "a tick lifted by floats"
    from_open = rounded_up(exact(last["open"]) * (1 - exact(trail.positive)), tick)
    if last["open"] > before["high"].max() and stops[1] == from_open and last["low"] <= native["stop_loss_abs"]:
        return "open first"
    return "unexplained"


def rounded_up(level: Fraction, tick: Fraction) -> Fraction:
    """Return the first price of the grid at or above a level."""
    return ceil(level / tick) * tick


def priced_on_entry_candle(
    native: Mapping[str, Any], ours: Mapping[str, Any], trail: Trail, table: pd.DataFrame, tick: Fraction
) -> bool:
    """Return whether both exited at the trail on the entry candle, each at the price that Freqtrade assumes.

    For its own trail Freqtrade assumes a price that just reached the offset; for a custom stop, one that just left the
    open, less the ratio it was given.
    """
    candle = table.loc[native["open_timestamp"]]
    for trade, gain in ((native, trail.offset - trail.positive), (ours, trade_ratio(ours, candle))):
        if trade["close_timestamp"] != trade["open_timestamp"] or trade["exit_reason"] != "trailing_stop_loss":
            return False
        made_up = max(candle["low"], candle["open"] * (1 + gain))
        if abs(trade["close_rate"] - made_up) > float(tick):
            return False
    return True


def trade_ratio(trade: Mapping[str, Any], candle: Mapping[str, Any]) -> float:
    """Return how far the stop is from the candle's high, as a negative ratio of that high."""
    return float(trade["stop_loss_abs"] / candle["high"] - 1)
