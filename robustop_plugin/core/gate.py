"""The gate: if the stop is an order on an exchange, small moves wait. A level that waits still exits when crossed."""

from typing import NamedTuple

from robustop_plugin.core.exact import HUNDRED, at_least, decimal, difference, multiple_of, multiply
from robustop_plugin.core.side import signed


class Gate(NamedTuple):
    """When a tighter stop is sent to the exchange.

    Attributes:
        min_interval_s: least time since the last move, in seconds.
        min_improvement_percent: least improvement, in percent of the published stop.
        emergency_percent: improvement that does not wait for the interval, in percent of the published stop.
    """

    min_interval_s: float = 60.0
    min_improvement_percent: float = 0.1
    emergency_percent: float = 1.0


def opens(gate: Gate, side: int, stop: float, level: float, seconds_since: float) -> bool:
    """Return True if a move from the published `stop` to `level` (prices) passes, `seconds_since` the last move."""
    gained = multiply(signed(side, difference(level, stop)), HUNDRED)
    published = decimal(stop)
    if at_least(gained, multiple_of(published, gate.emergency_percent)):
        return True
    rested = seconds_since >= gate.min_interval_s
    return rested and at_least(gained, multiple_of(published, gate.min_improvement_percent))
