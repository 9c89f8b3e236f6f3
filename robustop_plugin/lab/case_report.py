"""A position's way through its prices in words and numbers, for the table and the picture of it."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from robustop_plugin.core.facts import Position
from robustop_plugin.core.side import LONG
from robustop_plugin.lab.simulate import read_case, simulate

EXIT, REDUCE = "exit", "reduce"

LONGEST = 20
"""Characters of a number that is still written without an exponent."""


class CaseReport(NamedTuple):
    """A position, and the steps that `simulate` printed for it."""

    position: Position
    steps: Sequence[Mapping[str, Any]]


def report(data: Any) -> CaseReport:
    """Return the walk of a case.

    Args:
        data: the case as parsed JSON.

    Raises:
        RobustopError: one line that names the parameter, the value and the bound.
    """
    return CaseReport(steps=simulate(data)["steps"], position=read_case(data).position)


def risk_of(position: Position) -> float:
    """Return `R`, in price; the difference of two decimals, so that 0.3 - 0.1 is 0.2."""
    return float(abs(decimal_of(position.entry) - decimal_of(position.initial_stop)))


def r_of(position: Position, price: float) -> float:
    """Return how many R a price is in favour of a position."""
    return position.side * (price - position.entry) / risk_of(position)


def earned(walk: CaseReport) -> float:
    """Return what all parts of a position brought in R, with what is left of it at the last price."""
    left, total = 1.0, 0.0
    for step in walk.steps:
        if step["action"] == REDUCE:
            left -= step["fraction"]
            total += step["fraction"] * r_of(walk.position, step["price"])
    return total + left * r_of(walk.position, walk.steps[-1]["price"])


def summary(walk: CaseReport) -> str:
    """Return a walk in one line."""
    position, last = walk.position, walk.steps[-1]
    side = "long" if position.side == LONG else "short"
    gained = in_r(position, last["price"])
    start = (
        f"{side} from {plain(position.entry)}, stop {plain(position.initial_stop)} (1R = {plain(risk_of(position))})"
    )
    if last["action"] == EXIT:
        end = f"exit {last['reason']} at {plain(last['price'])}, {gained}"
    else:
        stop = f"stop {plain(last['stop'])} ({in_r(position, last['stop'])})"
        end = f"still open at {plain(last['price'])}, {gained}, {stop}"
    return f"{start}: {end}{_partial_exits(walk)}"


def _partial_exits(walk: CaseReport) -> str:
    """Return what partial exits made of the result, where there were any."""
    count = sum(step["action"] == REDUCE for step in walk.steps)
    if not count:
        return ""
    return f"; with {count} partial exit{'s' * (count > 1)}, {plain(_rounded(earned(walk)), sign='+')}R in all"


def in_r(position: Position, price: float) -> str:
    """Return a price as an R-multiple for people: `+1.5R`."""
    return f"{plain(rounded_r(position, price), sign='+')}R"


def rounded_r(position: Position, price: float) -> float:
    """Return an R-multiple with two places."""
    return _rounded(r_of(position, price))


def plain(number: float, sign: str = "") -> str:
    """Return a number as the shortest decimal that stands for it; with an exponent only where it would be endless."""
    written = f"{decimal_of(number):{sign}f}"
    return written if len(written) <= LONGEST else f"{number:{sign}g}"


def decimal_of(number: float) -> Decimal:
    """Return the shortest decimal that stands for a number, without zeros at its end."""
    return Decimal(str(number)).normalize()


def _rounded(multiple: float) -> float:
    # Adding zero turns a negative zero into a plain one.
    return round(multiple, 2) + 0.0
