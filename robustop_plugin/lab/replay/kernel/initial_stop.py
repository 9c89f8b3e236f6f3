"""Where the initial stop of an entry stands: the rules of `core.initial_stop`, in scalars.

The core tells what bounded a stop, in words; a replay needs the price alone. Each rule is the core's own function,
and a test compares the two on every kind of input. No price is NaN.
"""

import math
from typing import NamedTuple

from robustop_plugin.core.engine import NO_LEVEL
from robustop_plugin.core.exact import Exact, divide, multiply, subtract
from robustop_plugin.core.grid import Grid, round_towards_market, to_price, to_ticks
from robustop_plugin.core.initial_stop import distance_away, part_away
from robustop_plugin.core.side import signed, tighter, towards_market

SAFE = 1e-9
"""A part of the entry, far above what rounding does to a float."""

PERCENT, ATR, SWING, COLUMN = 0, 1, 2, 3
"""Kinds of initial stops."""


class Bounds(NamedTuple):
    """Nearest, farthest and fallback distance, as parts of the entry."""

    nearest: Exact
    farthest: Exact
    fallback: Exact


class StopRule(NamedTuple):
    """The block `initial_stop` as numbers, which are made decimals once and not at every entry.

    Attributes:
        kind: one of the constants above.
        multiplier: of the ATR.
        part: of the entry.
        buffer: beyond the swing's extreme, as a part of that.
        bounds: of the distance.
    """

    kind: int
    multiplier: Exact
    part: Exact
    buffer: Exact
    bounds: Bounds


def technical_stop(side: int, entry: Exact, rule: StopRule, value: Exact) -> Exact:
    """Return where the chosen rule wants the stop; NaN where it has no data.

    Args:
        side: +1 long, -1 short.
        entry: price of the fill.
        rule: the settings.
        value: of the ATR, the swing's extreme or the column, NaN where it is not known.
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
    written: Exact,
    grid: Grid,
    technical: Exact,
    bounds: Bounds,
    hard_stop: float,
    liquidation: float,
) -> float:
    """Return the initial stop; NaN where no price of the grid lies on the losing side of the entry.

    Args:
        side: +1 long, -1 short.
        entry: price of the fill.
        written: the same as a decimal.
        grid: of prices.
        technical: where the chosen rule wants the stop.
        bounds: of the distance.
        hard_stop: that is in force already.
        liquidation: price at which the exchange would close the position, NaN for none.
    """
    wanted = technical
    if not math.isfinite(wanted.high) or not tighter(side, entry, wanted.high):
        wanted = part_away(side, written, bounds.fallback)
    if not is_well_inside(side, entry, wanted.high, bounds):
        nearest, farthest = part_away(side, written, bounds.nearest), part_away(side, written, bounds.farthest)
        if signed(side, subtract(wanted, nearest)).high > 0:
            wanted = nearest
        elif signed(side, subtract(farthest, wanted)).high > 0:
            wanted = farthest
    stop = to_price(towards_market(side, in_ticks(wanted, grid)), grid)
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


def is_well_inside(side: int, entry: float, wanted: float, bounds: Bounds) -> bool:
    """Return whether a stop keeps its bounds beyond doubt, so that nobody has to know to the last digit."""
    part = side * (entry - wanted) / entry
    return bounds.nearest.high + SAFE < part < bounds.farthest.high - SAFE


def in_ticks(price: Exact, grid: Grid) -> Exact:
    """Return an exact price in ticks."""
    return divide(multiply(price, Exact(grid.scale, 0.0)), Exact(grid.step, 0.0))
