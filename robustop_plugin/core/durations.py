"""Exact comparison of durations: times as decimals, so that 3600.0 seconds are exactly one hour."""

import math

from robustop_plugin.core.exact import Exact, at_least, decimal, multiple_of

MINUTE = Exact(60.0, 0.0)
HOUR = Exact(3600.0, 0.0)


def at_least_as_old(age: float, count: float, unit: Exact) -> bool:
    """Return True if `age` (seconds) is at least `count` times `unit` (seconds); never for an infinite count."""
    if math.isinf(count):
        return False
    return at_least(decimal(age), multiple_of(unit, count))
