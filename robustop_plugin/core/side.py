"""The side of a trade, written once: +1 long, -1 short. Nothing else in robustop asks which side it is on."""

from robustop_plugin.core.exact import Exact, negate
from robustop_plugin.core.whole_numbers import ceiling, floor

LONG = 1
SHORT = -1


def tighter(side: int, price: float, than: float) -> bool:
    """Return True if a stop at `price` protects more than one at `than`."""
    return side * (price - than) > 0


def better(side: int, first: float, second: float) -> float:
    """Return the more favorable of two prices."""
    return first if side * (first - second) > 0 else second


def beyond(side: int, price: float, level: float) -> bool:
    """Return True if `price` is at `level` or past it on the losing side."""
    return side * (price - level) <= 0


def signed(side: int, number: Exact) -> Exact:
    """Return `side * number`."""
    return number if side > 0 else negate(number)


def towards_market(side: int, ticks: Exact) -> float:
    """Return the whole tick nearest to `ticks` on the market's side: up for longs, down for shorts."""
    return ceiling(ticks) if side > 0 else floor(ticks)
