"""Repeats Freqtrade's arithmetic to the last digit: fees, values, profits, and rounding of prices and amounts.

Freqtrade multiplies the decimals that floats stand for without any error, and rounds once to a float. The exact
numbers of the core do the same here; a test compares each function with Freqtrade's own.

All arguments are scalars, so that the functions compile as they stand. Sides are +1 long and -1 short, fees are rates,
prices and values are in quote currency. `funding` is positive for a gain.
"""

import math

from robustop_plugin.core.exact import LARGEST_WHOLE, Exact, add, decimal, multiply, two_product
from robustop_plugin.core.grid import Grid, to_price, to_ticks, whole_ticks
from robustop_plugin.core.side import signed
from robustop_plugin.core.whole_numbers import floor

HALF = Exact(0.5, 0.0)
EIGHT_PLACES = 1e8
"""Freqtrade rounds profits to eight decimal places."""

ROUNDED_OFF = 1e-14
"""Relative error bound, far above the rounding error of a handful of float operations."""


def nearest_price(price: float, grid: Grid) -> float:
    """Return the price of the grid nearest to a positive price; of two equally near ones the higher."""
    if not math.isnan(whole_ticks(price, grid)):
        return price
    return to_price(floor(add(to_ticks(price, grid), HALF)), grid)


def truncated(amount: float, grid: Grid) -> float:
    """Return the largest amount of the grid that is not above a positive amount."""
    return to_price(floor(to_ticks(amount, grid)), grid)


def product(first: float, second: float) -> float:
    """Return the product of two floats as decimals."""
    return multiply(decimal(first), decimal(second)).high


def rounded(number: float) -> float:
    """Return a number rounded to eight places, halves to even, as Freqtrade rounds profits."""
    if not abs(number) < LARGEST_WHOLE / EIGHT_PLACES:
        return number
    nearest = float(math.floor(number * EIGHT_PLACES + 0.5))
    if abs(number * EIGHT_PLACES - nearest) < HALF.high - ROUNDED_OFF * abs(nearest):
        return nearest / EIGHT_PLACES
    scaled = two_product(number, EIGHT_PLACES)
    whole = float(math.floor(scaled.high))
    # The remainder above the whole number and a half: both parts are small, so that their sum has the right sign.
    beyond = (scaled.high - whole - 0.5) + scaled.low
    if beyond > 0 or (beyond == 0 and whole % 2 == 1):
        whole += 1.0
    return whole / EIGHT_PLACES


def open_value(side: int, amount: float, rate: float, fee: float) -> float:
    """Return what an entry costs a long trade, or yields a short one, fee included."""
    value = multiply(decimal(amount), decimal(rate))
    return add(value, signed(side, multiply(value, decimal(fee)))).high


def close_value(side: int, amount: float, rate: float, fee: float, funding: float) -> float:
    """Return what an exit yields a long trade, or costs a short one, fee and funding included."""
    value = multiply(decimal(amount), decimal(rate))
    return add(value, signed(-side, multiply(value, decimal(fee)))).high + side * funding


def profit_in_floats(side: int, amount: float, rate: float, fee: float, opened: float, funding: float) -> float:
    """Return the profit at a rate like `profit_of`, in floats; NaN if these leave the last digit in doubt."""
    value = amount * rate
    scaled = side * (value - side * (value * fee) + side * funding - opened) * EIGHT_PLACES
    doubt = ROUNDED_OFF * (value + abs(opened) + abs(funding)) * EIGHT_PLACES
    whole = float(math.floor(scaled + 0.5))
    return whole / EIGHT_PLACES if abs(scaled - whole) < HALF.high - doubt else math.nan


def profit_of(side: int, opened: float, closed: float) -> float:
    """Return the profit between the values of entry and exit, rounded as Freqtrade does."""
    return rounded(side * (closed - opened))


def profit_at(side: int, amount: float, rate: float, fee: float, opened: float, funding: float) -> float:
    """Return the profit of a trade that exits at a rate, rounded as Freqtrade does."""
    profit = profit_in_floats(side, amount, rate, fee, opened, funding)
    return profit_of(side, opened, close_value(side, amount, rate, fee, funding)) if math.isnan(profit) else profit


def ratio_of(side: int, opened: float, closed: float, leverage: float) -> float:
    """Return the profit between the values of entry and exit as a ratio, rounded as Freqtrade does."""
    if opened == 0.0:
        return 0.0
    return rounded(side * (closed / opened - 1) * leverage)


def rate_for(
    side: int, amount: float, entry: float, fee: float, funding: float, leverage: float, ratio: float
) -> float:
    """Return the rate at which a trade exits with a profit ratio, as Freqtrade solves for it."""
    value = open_value(side, amount, entry, fee)
    at_nothing = side * funding
    at_one = close_value(side, amount, 1.0, fee, funding)
    wanted = 1.0 + (ratio / leverage) / side
    return (wanted * value - at_nothing) / (at_one - at_nothing)
