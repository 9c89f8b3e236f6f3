"""Failures in a row of what is asked about a trade."""

from typing import NamedTuple


class Fault(NamedTuple):
    """Failures of one question about one trade.

    Attributes:
        failures: Number of failures in a row.
        paused_until: When it is tried again, in seconds of a steady clock; None while the breaker is closed.
    """

    failures: int
    paused_until: float | None = None
