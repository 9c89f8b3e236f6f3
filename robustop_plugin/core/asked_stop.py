"""A stop that a person asks for: whether it may be taken, and what is remembered of it. It only tightens."""

import math
from typing import Any, NamedTuple

from robustop_plugin.core.decision import Level
from robustop_plugin.core.memory import Memory
from robustop_plugin.core.side import LONG, beyond, tighter

MANUAL = "manual"
"""What stands in place of an engine where a person asked for the stop."""
MOST_KEPT = 20
"""Applied requests that a state remembers; a bot marks them as taken one loop later."""


class AppliedRequest(NamedTuple):
    """A request that was applied to a trade.

    Attributes:
        number: the number of the request, whole.
        asked_at: when it was asked, in seconds since the epoch: a table that is made anew gives numbers again.
        applied_at: when it was applied, in seconds since the epoch.
        old_stop: the stop in force then, in price.
        new_stop: the stop that was desired from then on, in price.
    """

    number: int
    asked_at: float
    applied_at: float
    old_stop: float
    new_stop: float


def tightest(side: int, *stops: float | None) -> float | None:
    """Return the tightest of several stops, in price; None if there is none."""
    known = [stop for stop in stops if stop is not None and math.isfinite(stop) and stop > 0]
    return max(known, key=lambda stop: side * stop, default=None)


def why_refused(side: int, stop: float, in_force: float | None, price: float | None, *, may_close: bool) -> str | None:
    """Return why a stop cannot be taken, with its bound; None if it can.

    Args:
        side: +1 long, -1 short.
        stop: the stop that is asked for, in price, on the grid.
        in_force: the tightest stop that the trade has, or that is on its way, in price; None if unknown.
        price: the price at which the trade would be closed; None if unknown.
        may_close: True if the person accepts that the stop closes the trade at once.
    """
    above, below = ("above", "below") if side == LONG else ("below", "above")
    if not math.isfinite(stop) or stop <= 0:
        return f"stop was {stop!r}: it must be finite and > 0"
    if in_force is not None and not tighter(side, stop, in_force):
        return f"stop was {shown(stop)}: it must be {above} {shown(in_force)}, the stop in force, which only tightens"
    if price is not None and not may_close and beyond(side, price, stop):
        return (
            f"stop was {shown(stop)}: it must be {below} {shown(price)}, the price; "
            "beyond it, it would close the trade at the next look"
        )
    return None


def with_asked_level(memory: Memory, level: Level) -> Memory:
    """Return the memory that desires a level a person asked for. Rules 8 to 10 of the step do the rest.

    Such a level need not have been cleared: the person has seen the price.
    """
    return memory._replace(level=level)


def find_applied(applied: tuple[AppliedRequest, ...], number: int, asked_at: float) -> AppliedRequest | None:
    """Return a request among those that were applied; None if it was not."""
    return next((request for request in applied if (request.number, request.asked_at) == (number, asked_at)), None)


def applied_from_data(data: Any) -> tuple[AppliedRequest, ...]:
    """Return requests from JSON-ready data.

    What is none costs nothing but a refusal: a request that is applied again is not tighter than its own stop.
    """
    if not isinstance(data, list):
        return ()
    return tuple(AppliedRequest(*values) for values in data if _is_applied(values))


def _is_applied(values: Any) -> bool:
    is_row = isinstance(values, list) and len(values) == len(AppliedRequest._fields)
    return is_row and all(type(value) in (int, float) and math.isfinite(value) for value in values)


def shown(price: float) -> str:
    """Return a price as it is written in a sentence."""
    return f"{price:.10g}"
