"""The initial stop `S0`: the technical stop after all bounds, on the losing side of the entry, on the grid."""

import math
from collections.abc import Iterator
from typing import NamedTuple

from robustop_plugin.core.errors import InvalidPosition
from robustop_plugin.core.exact import HUNDRED, ONE, Exact, decimal, divide, multiply, subtract
from robustop_plugin.core.facts import is_price
from robustop_plugin.core.grid import grid_of, round_towards_market, to_price, to_ticks
from robustop_plugin.core.side import signed, tighter, towards_market


class StopBounds(NamedTuple):
    """How near and how far the initial stop may be.

    Attributes:
        min_percent: least distance, in percent of the entry.
        max_percent: largest distance, in percent of the entry.
        fallback_percent: distance without a technical stop, in percent of the entry.
    """

    min_percent: float
    max_percent: float
    fallback_percent: float


class InitialStop(NamedTuple):
    """The initial stop and the bounds that changed it.

    Attributes:
        price: on the grid, in price.
        clamps: names of the bounds, in the order they were applied.
    """

    price: float
    clamps: tuple[str, ...]


def percent_away(side: int, price: float, percent: float) -> Exact:
    """Return the price that lies `percent` on the losing side of `price`."""
    return part_away(side, decimal(price), divide(decimal(percent), HUNDRED))


def part_away(side: int, price: Exact, part: Exact) -> Exact:
    """Return the price that lies `part` (a fraction) of `price` on its losing side."""
    return multiply(price, subtract(ONE, signed(side, part)))


def atr_away(side: int, price: float, multiplier: float, atr: float) -> Exact:
    """Return the price that lies `multiplier` times the ATR on the losing side of `price`."""
    return distance_away(side, decimal(price), multiply(decimal(multiplier), decimal(atr)))


def distance_away(side: int, price: Exact, distance: Exact) -> Exact:
    """Return the price that lies `distance` on the losing side of `price`."""
    return subtract(price, signed(side, distance))


def initial_stop(
    side: int,
    entry: float,
    tick_size: float,
    technical: Exact | None,
    bounds: StopBounds,
    hard_stop: float | None = None,
    liquidation: float | None = None,
) -> InitialStop:
    """Return the initial stop of a position.

    Args:
        side: +1 long, -1 short.
        entry: the price of the first fill.
        tick_size: in price.
        technical: the price that the chosen kind of stop gives; None without data.
        bounds: nearest, farthest and fallback distance, in percent of the entry.
        hard_stop: the stop already in force, in price; the initial stop is never looser. None without one.
        liquidation: the price at which the exchange would close the position; the stop stays inside. None without one.

    Raises:
        InvalidPosition: no price on the grid lies on the losing side of the entry.
    """
    grid = grid_of(tick_size)
    clamps = []
    wanted = technical
    if wanted is None or not math.isfinite(wanted.high) or not tighter(side, entry, wanted.high):
        clamps.append("fallback")
        wanted = percent_away(side, entry, bounds.fallback_percent)
    for name, price in _bounds(side, entry, bounds, wanted):
        clamps.append(name)
        wanted = price
    scaled = divide(multiply(wanted, Exact(grid.scale, 0.0)), Exact(grid.step, 0.0))
    stop = round_towards_market(side, scaled, grid)
    if hard_stop is not None and is_price(hard_stop) and tighter(side, hard_stop, stop):
        clamps.append("hard_stop")
        stop = round_towards_market(side, to_ticks(hard_stop, grid), grid)
    if liquidation is not None and is_price(liquidation) and not tighter(side, stop, liquidation):
        clamps.append("liquidation")
        past = towards_market(side, to_ticks(liquidation, grid))
        stop = to_price(past + side, grid)
    if not tighter(side, entry, stop):
        clamps.append("tick_size")
        # The last price on the grid on the losing side: rounded away from the market, then off the entry.
        inside = -towards_market(side, signed(-1, to_ticks(entry, grid)))
        stop = to_price(inside, grid)
        if not tighter(side, entry, stop):
            stop = to_price(inside - side, grid)
    if not is_price(stop):
        raise InvalidPosition("initial_stop", stop, f"> 0, with the entry at {entry} and ticks of {tick_size}")
    return InitialStop(stop, tuple(clamps))


def _bounds(side: int, entry: float, bounds: StopBounds, wanted: Exact) -> Iterator[tuple[str, Exact]]:
    """Yield name and price of the bound that `wanted` breaks, if any."""
    nearest = percent_away(side, entry, bounds.min_percent)
    farthest = percent_away(side, entry, bounds.max_percent)
    if signed(side, subtract(wanted, nearest)).high > 0:
        yield "min_percent", nearest
    elif signed(side, subtract(farthest, wanted)).high > 0:
        yield "max_percent", farthest
