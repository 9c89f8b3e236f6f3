"""When a bracket takes profit and when time is up, computed from candles and settings without robustop."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from functools import cache
from math import ceil, isnan
from typing import Any
from weakref import ReferenceType, ref

import numpy as np
import pandas as pd
import talib

PERIOD = 14
LOOKBACK = 100
TRENDING_ADX = 25
VOLATILE_PERCENTILE = 90
FACTORS = {"trending": Fraction(6, 5), "ranging": Fraction(1), "volatile": Fraction(4, 5)}
AT_THE_OPEN = ("exit_signal", "force_exit", "robustop_time_stop")
HOUR = 3_600_000


def exact(number: float) -> Fraction:
    """Return a number as the decimal it is written as."""
    return Fraction(str(float(number)))


def tick_of(table: pd.DataFrame, moment: int) -> Fraction:
    """Return the price step of a month's candles, as Freqtrade infers it."""
    return _finest(table, *pd.to_datetime(moment, unit="ms").strftime("%Y %m").split())


_FINEST: dict[int, tuple[ReferenceType[pd.DataFrame], dict[tuple[str, str], Fraction]]] = {}
"""Grids by month. Python reuses the id of a deleted table, so the reference tells whose grids they are."""


def _finest(table: pd.DataFrame, year: str, month: str) -> Fraction:
    owner, grids = _FINEST.get(id(table), (None, {}))
    if owner is None or owner() is not table:
        grids = {}
        _FINEST[id(table)] = ref(table), grids
    if (year, month) not in grids:
        candles = table.loc[table["date"].dt.strftime("%Y %m") == f"{year} {month}"]
        prices = pd.unique(candles[["open", "high", "low", "close"]].to_numpy().ravel())
        grids[year, month] = Fraction(1, 10 ** max(places_of(float(price)) for price in prices))
    return grids[year, month]


@cache
def places_of(price: float) -> int:
    """Return the number of decimal places of a price."""
    return max(0, -int(Decimal(repr(price)).normalize().as_tuple().exponent))


def ratio_of(bracket: Mapping[str, Any], pair: str, before: pd.DataFrame) -> Fraction:
    """Return the ratio of reward to risk.

    Args:
        bracket: settings of the bracket.
        pair: pair of the trade.
        before: candles that had closed at the entry.
    """
    base = bracket.get("pair_ratios", {}).get(pair, bracket.get("base_ratio", 1.5))
    ratio = exact(base) * factor_of(bracket.get("strategy", "fixed_ratio"), before)
    return min(max(ratio, exact(bracket.get("min_ratio", 1))), exact(bracket.get("max_ratio", 3)))


def factor_of(strategy: str, before: pd.DataFrame) -> Fraction:
    """Return the factor of the base ratio."""
    if strategy == "fixed_ratio":
        return Fraction(1)
    columns = [before[name].to_numpy(dtype=float) for name in ("high", "low", "close")]
    atr = talib.ATR(*columns, timeperiod=PERIOD)[-LOOKBACK:]
    if len(atr) < LOOKBACK or isnan(atr[0]):
        return Fraction(1)
    if strategy == "volatility":
        return exact(atr[-1]) / exact(np.mean(atr))
    rank = 100 * ((atr < atr[-1]).sum() + ((atr == atr[-1]).sum() + 1) / 2) / LOOKBACK
    if rank >= VOLATILE_PERCENTILE:
        return FACTORS["volatile"]
    trends = talib.ADX(*columns, timeperiod=PERIOD)[-1] >= TRENDING_ADX
    return FACTORS["trending" if trends else "ranging"]


def target_of(trade: Mapping[str, Any], initial_stop: float, table: pd.DataFrame, bracket: Mapping[str, Any]) -> float:
    """Return the first price of the grid at or beyond the take profit."""
    side, entry = -1 if trade["is_short"] else 1, exact(trade["open_rate"])
    # The averages decay: candles far before the entry make no difference.
    before = table.loc[: trade["open_timestamp"] - 1].iloc[-1200:]
    risk, tick = abs(entry - exact(initial_stop)), tick_of(table, trade["open_timestamp"])
    profit = ratio_of(bracket, trade["pair"], before) * risk
    return float(side * ceil(side * (entry + side * profit) / tick) * tick)


def missed_profit(
    trade: Mapping[str, Any], initial_stop: float, table: pd.DataFrame, bracket: Mapping[str, Any]
) -> Iterable[str]:
    """Yield violations of the promise to take profit at the target, and not later."""
    side, target = -1 if trade["is_short"] else 1, target_of(trade, initial_stop, table, bracket)
    first, last = trade["open_timestamp"], trade["close_timestamp"]
    extreme = "high" if side > 0 else "low"
    if (side * (table.loc[first : last - 1, extreme] - target) >= 0).any():
        yield f"the target {target} was reached before the candle of the exit"
    candle, rate, reason = table.loc[last], trade["close_rate"], trade["exit_reason"]
    reached = side * (candle[extreme] - target) >= 0
    if reason == "robustop_take_profit":
        opened_beyond = last > first and side * (candle["open"] - target) > 0
        expected = candle["open"] if opened_beyond else target
        if not reached or rate != expected:
            yield f"took profit at {rate}, expected {expected}"
    elif reason == "trailing_stop_loss" and rate == candle["open"]:
        # A level crossed by the open.
        return
    elif reached and reason not in (*AT_THE_OPEN, "stop_loss"):
        yield f"left by {reason}, though the target {target} was reached"


def outlived(trade: Mapping[str, Any], table: pd.DataFrame, hours: float) -> Iterable[str]:
    """Yield violations of the promise to exit at the first open at that age."""
    candles = table.loc[trade["open_timestamp"] + 1 : trade["close_timestamp"]]
    due = candles.index[candles.index >= trade["open_timestamp"] + hours * HOUR]
    timed = trade["exit_reason"] == "robustop_time_stop"
    if len(due) > 1 or (timed and list(due) != [trade["close_timestamp"]]):
        yield f"time was up at {list(due)[:1]}, closed at {trade['close_timestamp']} by {trade['exit_reason']}"
