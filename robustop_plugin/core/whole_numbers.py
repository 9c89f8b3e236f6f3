"""Rounds exact numbers to whole ones.

A value that is a whole number up to the rounding of the exact arithmetic is taken for that whole number.
"""

import math

from robustop_plugin.core.exact import SNAP, Exact, divide, is_whole, negate


def floor(number: Exact) -> float:
    """Return the largest whole number that is not above `number`."""
    whole = float(math.floor(number.high))
    if number.low == 0.0 and whole == number.high:
        return whole
    near = SNAP * max(1.0, abs(number.high))
    # Distances are taken from the whole number itself, where the low part still counts.
    if (number.high - (whole + 1.0)) + number.low >= -near:
        return whole + 1.0
    if (number.high - whole) + number.low < -near:
        return whole - 1.0
    return whole


def whole_times(first: Exact, second: Exact) -> float:
    """Return how often `second`, which must be positive, goes into `first`: the quotient, rounded down."""
    if first.low != 0.0 or second.low != 0.0 or not is_whole(first.high) or not is_whole(second.high):
        return floor(divide(first, second))
    times = float(math.floor(first.high / second.high))
    # Rounding can lift a quotient to the next whole number, but never lowers it below one.
    return times - 1.0 if times * second.high > first.high else times


def ceiling(number: Exact) -> float:
    """Return the smallest whole number that is not below `number`."""
    return -floor(negate(number))
