"""Finds the initial stop of an entry: the rules of `core.initial_stop` in scalars.

The core also reports what bounded a stop; a replay needs the price alone. Each rule is the core's own function, and a
test compares the two on every kind of input. NaN stands for no price.
"""

import math
from typing import NamedTuple

from robustop_plugin.core.engine import NO_LEVEL
from robustop_plugin.core.exact import Exact, divide, multiply, subtract
from robustop_plugin.core.grid import Grid, round_towards_market, to_price, to_ticks
from robustop_plugin.core.initial_stop import distance_away, part_away
from robustop_plugin.core.side import signed, tighter, towards_market
from robustop_plugin.lab.replay.kernel.tables import Market

SAFE = 1e-9
"""A ratio of the entry price, far above the rounding error of a float."""

ROUNDED_OFF = 1e-14
"""Relative error bound, far above the rounding error of a handful of float operations."""

PERCENT, ATR, SWING, COLUMN = 0, 1, 2, 3
"""Kinds of initial stops."""


class Bounds(NamedTuple):
    """Bounds of the distance between entry and stop, as ratios of the entry price.

    Attributes:
        nearest: Smallest distance.
        farthest: Largest distance.
        fallback: Distance that is used if the chosen rule has no data.
    """

    nearest: Exact
    farthest: Exact
    fallback: Exact


class StopRule(NamedTuple):
    """The block `initial_stop` as exact numbers.

    Attributes:
        kind: One of the constants above.
        multiplier: Number of ATRs between entry and stop.
        part: Distance as a ratio of the entry price.
        buffer: Distance beyond the swing's extreme, as a ratio of that.
        bounds: Bounds of the distance.
    """

    kind: int
    multiplier: Exact
    part: Exact
    buffer: Exact
    bounds: Bounds


def technical_stop(side: int, entry: Exact, rule: StopRule, value: Exact) -> Exact:
    """Return the stop of the chosen rule, in price; NaN if it has no data.

    Args:
        side: +1 long, -1 short.
        entry: Entry price.
        rule: The settings.
        value: ATR, swing extreme or value of the user's column, in price; NaN if unknown.
    """
    if rule.kind == PERCENT:
        return part_away(side, entry, rule.part)
    if not value.high > 0 or math.isinf(value.high):
        return NO_LEVEL
    if rule.kind == ATR:
        return distance_away(side, entry, multiply(rule.multiplier, value))
    if rule.kind == SWING:
        return part_away(side, value, rule.buffer)
    return value


def first_stop(
    side: int,
    entry: float,
    exact_entry: Exact,
    grid: Grid,
    technical: Exact,
    bounds: Bounds,
    hard_stop: float,
    liquidation: float,
) -> float:
    """Return the initial stop; NaN if no price of the grid lies on the losing side of the entry.

    Args:
        side: +1 long, -1 short.
        entry: Entry price.
        exact_entry: The entry price as a decimal.
        grid: Grid of prices.
        technical: Stop of the chosen rule, in price; NaN if it has no data.
        bounds: Bounds of the distance.
        hard_stop: Stop at the strategy's `stoploss`, which is in force already.
        liquidation: Price at which the exchange closes the position; NaN or 0 for none.
    """
    ticks = bounded_ticks(side, entry, exact_entry, grid, technical, bounds)
    return losing_stop(side, entry, grid, ticks, hard_stop, liquidation)


def bounded_ticks(side: int, entry: float, exact_entry: Exact, grid: Grid, technical: Exact, bounds: Bounds) -> float:
    """Return the technical stop, or its fallback, within its bounds, as a whole number of ticks."""
    wanted = technical
    if not math.isfinite(wanted.high) or not tighter(side, entry, wanted.high):
        wanted = part_away(side, exact_entry, bounds.fallback)
    if not is_well_inside(side, entry, wanted.high, bounds):
        nearest, farthest = part_away(side, exact_entry, bounds.nearest), part_away(side, exact_entry, bounds.farthest)
        if signed(side, subtract(wanted, nearest)).high > 0:
            wanted = nearest
        elif signed(side, subtract(farthest, wanted)).high > 0:
            wanted = farthest
    return towards_market(side, in_ticks(wanted, grid))


def percent_ticks(side: int, entry: float, grid: Grid, part: float, bounds: Bounds) -> float:
    """Return the same for a distance in percent, in floats; NaN if these leave it in doubt."""
    if not bounds.nearest.high + SAFE < part < bounds.farthest.high - SAFE:
        return math.nan
    price = entry * (1 - side * part)
    ticks, doubt = price * grid.scale / grid.step, ROUNDED_OFF * (entry + abs(price)) * grid.scale / grid.step
    whole = float(math.floor(ticks))
    if not doubt < ticks - whole < 1 - doubt:
        return math.nan
    return whole + 1 if side > 0 else whole


def losing_stop(side: int, entry: float, grid: Grid, ticks: float, hard_stop: float, liquidation: float) -> float:
    """Return a stop, given in ticks, after the bounds that other prices set; NaN if there is none."""
    stop = to_price(ticks, grid)
    if hard_stop > 0 and tighter(side, hard_stop, stop):
        stop = round_towards_market(side, to_ticks(hard_stop, grid), grid)
    if liquidation > 0 and not tighter(side, stop, liquidation):
        stop = to_price(towards_market(side, to_ticks(liquidation, grid)) + side, grid)
    if not tighter(side, entry, stop):
        inside = -towards_market(side, signed(-1, to_ticks(entry, grid)))
        stop = to_price(inside, grid)
        if not tighter(side, entry, stop):
            stop = to_price(inside - side, grid)
    return stop if stop > 0 else math.nan


def stop_at_signal(
    market: Market, rule: StopRule, index: int, grid: Grid, hard_stop: float, liquidation: float
) -> float:
    """Return the initial stop of an entry at a signal on a price grid; NaN if there is none."""
    signal, decimals = market.signals[index], market.decimals[index]
    entry, value = Exact(decimals.entry, decimals.entry_rest), Exact(decimals.value, decimals.value_rest)
    ticks = math.nan
    if rule.kind == PERCENT:
        ticks = percent_ticks(signal.side, signal.rate, grid, rule.part.high, rule.bounds)
    if math.isnan(ticks):
        technical = technical_stop(signal.side, entry, rule, value)
        ticks = bounded_ticks(signal.side, signal.rate, entry, grid, technical, rule.bounds)
    return losing_stop(signal.side, signal.rate, grid, ticks, hard_stop, liquidation)


def is_well_inside(side: int, entry: float, wanted: float, bounds: Bounds) -> bool:
    """Return True if a stop is within its bounds beyond any rounding error, so that exact numbers are not needed."""
    part = side * (entry - wanted) / entry
    return bounds.nearest.high + SAFE < part < bounds.farthest.high - SAFE


def in_ticks(price: Exact, grid: Grid) -> Exact:
    """Return an exact price in ticks."""
    return divide(multiply(price, Exact(grid.scale, 0.0)), Exact(grid.step, 0.0))
