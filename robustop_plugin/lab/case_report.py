"""Describes a simulated trade in words and R-multiples, for its table and its picture."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from robustop_plugin.core.facts import Position
from robustop_plugin.core.side import LONG
from robustop_plugin.lab.simulate import read_case, simulate

EXIT, REDUCE = "exit", "reduce"

LONGEST = 20
"""Most characters of a number that is written without an exponent."""


class CaseReport(NamedTuple):
    """A position and the steps that `simulate` returned for it.

    Attributes:
        position: The position.
        steps: The steps, as printed by `robustop simulate`.
    """

    position: Position
    steps: Sequence[Mapping[str, Any]]


def report(data: Any) -> CaseReport:
    """Simulate a case and return position and steps.

    Args:
        data: The case as parsed JSON.

    Raises:
        RobustopError: One line that names the parameter, the value and the bound.
    """
    return CaseReport(steps=simulate(data)["steps"], position=read_case(data).position)


def risk_of(position: Position) -> float:
    """Return `R` in price, subtracted as decimals: 0.3 - 0.1 is 0.2."""
    return float(abs(decimal_of(position.entry) - decimal_of(position.initial_stop)))


def r_of(position: Position, price: float) -> float:
    """Return the R-multiple of a price."""
    return position.side * (price - position.entry) / risk_of(position)


def total_r(case: CaseReport) -> float:
    """Return the result of all parts of a position in R; the remainder counts at the last price."""
    remaining, total = 1.0, 0.0
    for step in case.steps:
        if step["action"] == REDUCE:
            remaining -= step["fraction"]
            total += step["fraction"] * r_of(case.position, step["price"])
    return total + remaining * r_of(case.position, case.steps[-1]["price"])


def summary(case: CaseReport) -> str:
    """Return a summary in one line."""
    position, last = case.position, case.steps[-1]
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
    return f"{start}: {end}{_partial_exits(case)}"


def _partial_exits(case: CaseReport) -> str:
    """Return the part of the summary about partial exits; empty if there were none."""
    count = sum(step["action"] == REDUCE for step in case.steps)
    if not count:
        return ""
    return f"; with {count} partial exit{'s' * (count > 1)}, {plain(_rounded(total_r(case)), sign='+')}R in all"


def in_r(position: Position, price: float) -> str:
    """Return a price as a short R-multiple: `+1.5R`."""
    return f"{plain(rounded_r(position, price), sign='+')}R"


def rounded_r(position: Position, price: float) -> float:
    """Return the R-multiple of a price, rounded to two decimals."""
    return _rounded(r_of(position, price))


def plain(number: float, sign: str = "") -> str:
    """Return the shortest decimal of a number, with an exponent only if it would be very long."""
    written = f"{decimal_of(number):{sign}f}"
    return written if len(written) <= LONGEST else f"{number:{sign}g}"


def decimal_of(number: float) -> Decimal:
    """Return the shortest decimal of a number, without trailing zeros."""
    return Decimal(str(number)).normalize()


def _rounded(multiple: float) -> float:
    # Adding zero turns -0.0 into 0.0.
    return round(multiple, 2) + 0.0
