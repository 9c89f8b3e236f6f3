"""How long something has lasted: times as decimals, so that an hour is an hour to the last digit."""

import math

from robustop_plugin.core.exact import Exact, at_least, decimal, multiply

MINUTE = Exact(60.0, 0.0)
HOUR = Exact(3600.0, 0.0)


def at_least_as_old(age: float, count: float, unit: Exact) -> bool:
    """Return whether `age` seconds are at least `count` units of so many seconds; an infinite count never passes."""
    if math.isinf(count):
        return False
    return at_least(decimal(age), multiply(decimal(count), unit))
