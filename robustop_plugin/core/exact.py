"""Exact numbers out of floats: a decimal is held as two floats, about 32 digits in all.

Prices, percents and ATRs are written as decimals, and `0.3` is no binary fraction: in plain floats
`(0.3 - 0.1) / 0.1` is just below two. Here every number first becomes the decimal that was written, then is
calculated with in double-double arithmetic. `core/whole_numbers.py` rounds the results.

Only floats and tuples of floats, so that a compiler for scalar Python takes the functions as they stand. The
interpreter remembers what settings and trades keep asking for; the compiler leaves that out.

Sources: T. J. Dekker, "A floating-point technique for extending the available precision", Numerische
Mathematik 18 (1971), for the product and the quotient; D. E. Knuth, "The Art of Computer Programming",
volume 2, section 4.2.2, theorem B, for the sum.
"""

import math
from functools import lru_cache
from typing import NamedTuple

SPLITTER = 134217729.0
"""2**27 + 1 halves the 53 bits of a float, so that products of halves are exact."""

LARGEST_WHOLE = 9007199254740992.0
"""2**53: up to here every whole number is a float."""

SHORTEST_LONG = 2.0**51
"""Below, a float has bits to spare for the half that rounding adds, and for its own error and that of the product: a
quarter and an eighth at most. The microseconds since 1970 are below until 2041."""

LONGEST_WHOLE = 1e17
"""17 digits tell every float from its neighbours: no decimal that stands for one needs more."""

SNAP = 2.0**-98
"""Relative distance at which a value is taken for the whole number beside it: above the error of a dozen
operations (2**-104 each), below what lies between the quotients of numbers of 15 digits."""

NEAR = 2.0**-51
"""Relative distance from a whole number, above two roundings: what is farther away does not read back."""

POWERS_OF_TEN = (
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
)  # fmt: skip
"""All the powers of ten that a float holds exactly."""

MOST_PLACES = 22


class Exact(NamedTuple):
    """The number `high + low`, where `low` is what rounding `high` to a float left over."""

    high: float
    low: float


ONE = Exact(1.0, 0.0)
HUNDRED = Exact(100.0, 0.0)


class Written(NamedTuple):
    """A number as it is written: the whole number `digits`, with the point `places` from its end."""

    digits: Exact
    places: int


def power_of_ten(places: int) -> Exact:
    """Return ten to the power of `places`, up to 44, without any error."""
    if places <= MOST_PLACES:
        return Exact(POWERS_OF_TEN[places], 0.0)
    return two_product(POWERS_OF_TEN[MOST_PLACES], POWERS_OF_TEN[places - MOST_PLACES])


@lru_cache(maxsize=1024, typed=True)
def as_written(number: float) -> Written:
    """Return the shortest decimal that reads back as `number`.

    A number with more than 44 places stands for itself, without a point.
    """
    for places in range(MOST_PLACES + 1):
        power = POWERS_OF_TEN[places]
        scaled = number * power
        # Written so that it is also true of NaN.
        if not abs(scaled) < SHORTEST_LONG:
            return as_long_written(number, places)
        whole = float(math.floor(scaled + 0.5))
        # Both sides are exact floats, so the quotient is correctly rounded: equality means "reads back".
        if abs(scaled - whole) <= NEAR * abs(scaled) and whole / power == number:
            return Written(Exact(whole, 0.0), places)
    return as_long_written(number, MOST_PLACES + 1)


def as_long_written(number: float, fewest_places: int) -> Written:
    """Return the shortest decimal that reads back as `number`, with at least so many places, or more digits."""
    for places in range(fewest_places, 2 * MOST_PLACES + 1):
        power = power_of_ten(places)
        if not abs(number * power.high) < LONGEST_WHOLE:
            break
        long = nearest_whole(multiply(Exact(number, 0.0), power))
        # Beside a power of two the nearest may not read back, and its neighbor does.
        for digits in (long, add(long, ONE), subtract(long, ONE)):
            if divide(digits, power).high == number:
                return Written(digits, places)
    return Written(Exact(number, 0.0), 0)


def nearest_whole(number: Exact) -> Exact:
    """Return the whole number nearest to a number of up to 17 digits; halfway the even one, as in print."""
    high = float(math.floor(number.high))
    # A half more, without any error: what lies beyond a half may be as little as the low part.
    rest = two_sum(number.high - high, number.low)
    raised = two_sum(rest.high, 0.5)
    low = float(math.floor(raised.high))
    beyond = raised.low + rest.low
    if low == raised.high and (beyond < 0 or (beyond == 0 and (high % 2 + low) % 2 == 1)):
        low -= 1.0
    return two_sum(high, low)


@lru_cache(maxsize=1024, typed=True)
def decimal(number: float) -> Exact:
    """Return the decimal that `number` was written as."""
    written = as_written(number)
    if written.places == 0:
        return written.digits
    power = power_of_ten(written.places)
    if written.digits.low != 0.0 or power.low != 0.0:
        return divide(written.digits, power)
    return quotient(written.digits.high, power.high)


def quotient(whole: float, power: float) -> Exact:
    """Return what `divide` returns, sooner, for a whole number below 2**53 and a power of ten that a float holds."""
    nearest = whole / power
    # What the rounded quotient leaves over is a float.
    product = two_product(nearest, power)
    return two_sum(nearest, ((whole - product.high) - product.low) / power)


def two_sum(first: float, second: float) -> Exact:
    """Return `first + second` without any error."""
    total = first + second
    part = total - first
    return Exact(total, (first - (total - part)) + (second - part))


def two_product(first: float, second: float) -> Exact:
    """Return `first * second` without any error (for magnitudes below 2**996)."""
    product = first * second
    spread = SPLITTER * first
    first_high = spread - (spread - first)
    first_low = first - first_high
    spread = SPLITTER * second
    second_high = spread - (spread - second)
    second_low = second - second_high
    error = first_high * second_high - product
    error = error + first_high * second_low + first_low * second_high
    return Exact(product, error + first_low * second_low)


def add(first: Exact, second: Exact) -> Exact:
    """Return `first + second`."""
    if first.low == 0.0 and second.low == 0.0:
        return two_sum(first.high, second.high)
    total = two_sum(first.high, second.high)
    rest = two_sum(first.low, second.low)
    total = two_sum(total.high, total.low + rest.high)
    return two_sum(total.high, total.low + rest.low)


def negate(number: Exact) -> Exact:
    """Return `-number`."""
    return Exact(-number.high, -number.low)


def subtract(first: Exact, second: Exact) -> Exact:
    """Return `first - second`."""
    if first.low == 0.0 and second.low == 0.0:
        return two_sum(first.high, -second.high)
    return add(first, negate(second))


def multiply(first: Exact, second: Exact) -> Exact:
    """Return `first * second`."""
    if second.high == 1.0 and second.low == 0.0:
        return first
    product = two_product(first.high, second.high)
    if first.low == 0.0 and second.low == 0.0:
        return product
    return two_sum(product.high, product.low + (first.high * second.low + first.low * second.high))


@lru_cache(maxsize=1024, typed=True)
def multiple_of(unit: Exact, number: float) -> Exact:
    """Return `number * unit`, where `number` is the decimal that it was written as."""
    return multiply(decimal(number), unit)


def divide(first: Exact, second: Exact) -> Exact:
    """Return `first / second`; `second` must not be zero."""
    if first.high == 0.0 or (second.high == 1.0 and second.low == 0.0):
        return first
    quotient = first.high / second.high
    rest = subtract(first, multiply(second, Exact(quotient, 0.0)))
    correction = rest.high / second.high
    rest = subtract(rest, multiply(second, Exact(correction, 0.0)))
    total = two_sum(quotient, correction)
    return two_sum(total.high, total.low + rest.high / second.high)


def is_whole(number: float) -> bool:
    """Return whether a number is one of the whole numbers that floats hold one by one."""
    return abs(number) < LARGEST_WHOLE and math.floor(number) == number


def difference(first: float, second: float) -> Exact:
    """Return the difference of two decimals.

    Over a common power of ten both are whole numbers: unlike with `subtract`, what cancels leaves no error behind.
    """
    if is_whole(first) and is_whole(second):
        return two_sum(first, -second)
    minuend, subtrahend = as_written(first), as_written(second)
    places = max(minuend.places, subtrahend.places)
    if minuend.digits.low == 0.0 and subtrahend.digits.low == 0.0 and places <= MOST_PLACES:
        above = minuend.digits.high * POWERS_OF_TEN[places - minuend.places]
        below = subtrahend.digits.high * POWERS_OF_TEN[places - subtrahend.places]
        gap = above - below
        if is_whole(above) and is_whole(below) and is_whole(gap):
            return quotient(gap, POWERS_OF_TEN[places])
    wholes = subtract(
        multiply(minuend.digits, power_of_ten(places - minuend.places)),
        multiply(subtrahend.digits, power_of_ten(places - subtrahend.places)),
    )
    return divide(wholes, power_of_ten(places))


def at_least(first: Exact, second: Exact) -> bool:
    """Return whether `first >= second`."""
    return subtract(second, first).high <= SNAP * max(abs(first.high), abs(second.high))
