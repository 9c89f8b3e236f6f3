"""The steps of `robustop simulate` as a table for people."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from rich import box
from rich.console import JustifyMethod
from rich.table import Table
from rich.text import Text

from robustop_plugin.lab.case_report import LONGEST, CaseReport, decimal_of, plain, rounded_r

WIDTH = 100
"""Columns of a table that is written to a file or a pipe."""

MINUTE, HOUR = 60, 3600
LONGEST_CLOCK = 1000 * HOUR
"""In seconds; longer trades show times as written, not in hours and minutes."""

STYLES = {"move": "green", "reduce": "cyan", "exit": "bold red"}

Cells = list[str]


class Column(NamedTuple):
    """One column: name, cells and alignment; numbers are aligned right."""

    name: str
    cells: Cells
    justify: JustifyMethod = "left"


def steps_table(case: CaseReport) -> Table:
    """Return the steps as a table without empty columns."""
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    columns = [column for column in _columns(case) if any(column.cells)]
    for column in columns:
        # If there is too little room, words are wrapped and numbers are not.
        number = column.justify == "right"
        table.add_column(column.name, justify=column.justify, overflow="fold", no_wrap=number)
    for index, step in enumerate(case.steps):
        cells = [Text(column.cells[index]) for column in columns]
        table.add_row(*cells, style=STYLES.get(step["action"]))
    return table


def _columns(case: CaseReport) -> list[Column]:
    """Return all columns, empty columns included."""
    steps = case.steps

    def words(write: Callable[[Mapping[str, Any]], str]) -> Cells:
        return [write(step) for step in steps]

    def prices(key: str) -> Cells:
        return aligned([step[key] for step in steps])

    return [
        _times(case),
        Column("price", prices("price"), "right"),
        Column("R", words(lambda step: f"{rounded_r(case.position, step['price']):+.2f}"), "right"),
        Column("stop", prices("stop"), "right"),
        Column("level", prices("level"), "right"),
        Column("engine: rule", words(_who)),
        Column("phase", words(lambda step: phase_words(step["phase"]))),
        Column("action", words(_action)),
    ]


def _who(step: Mapping[str, Any]) -> str:
    """Return engine and rule; the initial stop has no engine."""
    return ": ".join(step[key] for key in ("engine", "rule") if step[key])


def _action(step: Mapping[str, Any]) -> str:
    """Return the action, the sold share of the original amount and the reason; empty for a hold."""
    if step["action"] == "hold":
        return ""
    fraction = "" if step["fraction"] is None else plain(step["fraction"])
    return " ".join(word for word in (step["action"], fraction, step["reason"]) if word)


def phase_words(phase: str) -> str:
    """Return a short name of a phase: `PARTIAL_PROFIT_TAKEN` becomes `partial profit`."""
    return phase.removesuffix("_TAKEN").removesuffix("_PROTECTED").replace("_", " ").lower()


def aligned(numbers: Sequence[float | None]) -> Cells:
    """Return numbers with equal numbers of decimals; None becomes an empty cell."""
    decimals = [None if number is None else decimal_of(number) for number in numbers]
    places = max([0, *(-int(decimal.as_tuple().exponent) for decimal in decimals if decimal is not None)])
    cells = ["" if decimal is None else f"{decimal:.{places}f}" for decimal in decimals]
    if max(map(len, cells)) <= LONGEST:
        return cells
    return ["" if number is None else plain(number) for number in numbers]


def _times(case: CaseReport) -> Column:
    """Return the times: hours and minutes since the entry if all are whole minutes, else as written."""
    ages = [step["t"] - case.position.opened_at for step in case.steps]
    if any(age % MINUTE for age in ages) or ages[-1] >= LONGEST_CLOCK:
        return Column("t", aligned([step["t"] for step in case.steps]), "right")
    return Column("h:mm", [f"{age // HOUR:.0f}:{age % HOUR // MINUTE:02.0f}" for age in ages], "right")
