"""The grid of prices: conversion between a price (float) and a number of ticks.

In ticks, prices on the grid are whole numbers, and differences of whole numbers are exact.
"""

import math
from typing import NamedTuple

from robustop_plugin.core.exact import (
    LARGEST_WHOLE,
    MOST_PLACES,
    POWERS_OF_TEN,
    Exact,
    as_written,
    decimal,
    difference,
    divide,
    multiply,
)
from robustop_plugin.core.side import towards_market


class Grid(NamedTuple):
    """A tick size as the decimal `step / scale`, both whole numbers."""

    step: float
    scale: float


def grid_of(tick_size: float) -> Grid:
    """Return the grid of a positive tick size in price units (`0.01`, `1e-08`, `0.25`)."""
    written = as_written(tick_size)
    if written.digits.low != 0 or written.places > MOST_PLACES:
        return Grid(tick_size, 1.0)
    return Grid(written.digits.high, POWERS_OF_TEN[written.places])


def whole_ticks(price: float, grid: Grid) -> float:
    """Return a price on the grid as a number of ticks; NaN for a price between two ticks."""
    whole = float(math.floor(price * grid.scale / grid.step + 0.5))
    return whole if to_price(whole, grid) == price else math.nan


def to_ticks(price: float, grid: Grid) -> Exact:
    """Return `price` in ticks: a whole number if the price lies on the grid."""
    whole = whole_ticks(price, grid)
    if not math.isnan(whole):
        return Exact(whole, 0.0)
    return divide(multiply(decimal(price), Exact(grid.scale, 0.0)), Exact(grid.step, 0.0))


def ticks_between(first: float, second: float, grid: Grid) -> Exact:
    """Return `first - second` in ticks."""
    whole = whole_ticks(first, grid) - whole_ticks(second, grid)
    if not math.isnan(whole):
        return Exact(whole, 0.0)
    scaled = multiply(difference(first, second), Exact(grid.scale, 0.0))
    return divide(scaled, Exact(grid.step, 0.0))


def to_price(ticks: float, grid: Grid) -> float:
    """Return the float nearest to `ticks` (a whole number) times the tick size."""
    units = ticks * grid.step
    if abs(units) < LARGEST_WHOLE:
        return units / grid.scale
    return divide(multiply(Exact(ticks, 0.0), Exact(grid.step, 0.0)), Exact(grid.scale, 0.0)).high


def round_towards_market(side: int, ticks: Exact, grid: Grid) -> float:
    """Return the price on the grid at `ticks`, rounded towards the market as Freqtrade rounds stops."""
    return to_price(towards_market(side, ticks), grid)
