"""What the host computes of a trade's prices and amounts, to the last digit.

The host multiplies the decimals that floats stand for, without any error, and rounds once to a float. So does this,
in the exact numbers of the core; a test compares each function with the host's own.

Only scalars, so that a compiler for scalar Python takes the functions as they stand. Sides are +1 long and -1 short,
fees are rates, prices and values are in the quote currency.
"""

import math

from robustop_plugin.core.exact import LARGEST_WHOLE, Exact, add, decimal, floor, multiply, two_product
from robustop_plugin.core.grid import Grid, to_price, to_ticks, whole_ticks
from robustop_plugin.core.side import signed

HALF = Exact(0.5, 0.0)
EIGHT_PLACES = 1e8

ROUNDED_OFF = 1e-14
"""Relative: far above what rounding takes from a handful of floats."""


def nearest_price(price: float, grid: Grid) -> float:
    """Return the price of the grid nearest to a positive price; halfway the upper one."""
    if not math.isnan(whole_ticks(price, grid)):
        return price
    return to_price(floor(add(to_ticks(price, grid), HALF)), grid)


def truncated(amount: float, grid: Grid) -> float:
    """Return the largest amount of the grid that is not above a positive amount."""
    return to_price(floor(to_ticks(amount, grid)), grid)


def product(first: float, second: float) -> float:
    """Return the product of two decimals."""
    return multiply(decimal(first), decimal(second)).high


def rounded(number: float) -> float:
    """Return a number rounded to eight places, halfway to the even one, as the host rounds profits."""
    if not abs(number) < LARGEST_WHOLE / EIGHT_PLACES:
        return number
    nearest = float(math.floor(number * EIGHT_PLACES + 0.5))
    if abs(number * EIGHT_PLACES - nearest) < HALF.high - ROUNDED_OFF * abs(nearest):
        return nearest / EIGHT_PLACES
    scaled = two_product(number, EIGHT_PLACES)
    whole = float(math.floor(scaled.high))
    # What lies above the whole number: its parts are small floats, of which the sum tells the way.
    beyond = (scaled.high - whole - 0.5) + scaled.low
    if beyond > 0 or (beyond == 0 and whole % 2 == 1):
        whole += 1.0
    return whole / EIGHT_PLACES


def open_value(side: int, amount: float, rate: float, fee: float) -> float:
    """Return what an entry costs a long trade, or brings a short one, fee included."""
    value = multiply(decimal(amount), decimal(rate))
    return add(value, signed(side, multiply(value, decimal(fee)))).high


def close_value(side: int, amount: float, rate: float, fee: float, funding: float) -> float:
    """Return what an exit brings a long trade, or costs a short one, fee and funding included."""
    value = multiply(decimal(amount), decimal(rate))
    return add(value, signed(-side, multiply(value, decimal(fee)))).high + side * funding


def profit_in_floats(side: int, amount: float, rate: float, fee: float, opened: float, funding: float) -> float:
    """Return what `profit_of` does, of a trade that is left at a rate; NaN where floats cannot tell the last digit."""
    value = amount * rate
    scaled = side * (value - side * (value * fee) + side * funding - opened) * EIGHT_PLACES
    doubt = ROUNDED_OFF * (value + abs(opened) + abs(funding)) * EIGHT_PLACES
    whole = float(math.floor(scaled + 0.5))
    return whole / EIGHT_PLACES if abs(scaled - whole) < HALF.high - doubt else math.nan


def profit_of(side: int, opened: float, closed: float) -> float:
    """Return the profit between the values of entry and exit, rounded as the host does."""
    return rounded(side * (closed - opened))


def profit_at(side: int, amount: float, rate: float, fee: float, opened: float, funding: float) -> float:
    """Return the profit of a trade that is left at a rate, as the host rounds it."""
    profit = profit_in_floats(side, amount, rate, fee, opened, funding)
    return profit_of(side, opened, close_value(side, amount, rate, fee, funding)) if math.isnan(profit) else profit


def ratio_of(side: int, opened: float, closed: float, leverage: float) -> float:
    """Return the profit between the values of entry and exit as a ratio, rounded as the host does."""
    if opened == 0.0:
        return 0.0
    return rounded(side * (closed / opened - 1) * leverage)


def rate_for(
    side: int, amount: float, entry: float, fee: float, funding: float, leverage: float, ratio: float
) -> float:
    """Return the rate at which a trade closes with a profit ratio, as the host solves for it."""
    value = open_value(side, amount, entry, fee)
    at_nothing = side * funding
    at_one = close_value(side, amount, 1.0, fee, funding)
    wanted = 1.0 + (ratio / leverage) / side
    return (wanted * value - at_nothing) / (at_one - at_nothing)
