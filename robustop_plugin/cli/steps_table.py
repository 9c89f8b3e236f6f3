"""The steps of `robustop simulate` as a table for people."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from rich import box
from rich.console import JustifyMethod
from rich.table import Table
from rich.text import Text

from robustop_plugin.lab.case_report import LONGEST, CaseReport, decimal_of, plain, rounded_r

WIDTH = 100
"""Columns of a table that goes into a file or a pipe, where no terminal says how many there are."""

MINUTE, HOUR = 60, 3600
LONGEST_CLOCK = 1000 * HOUR
"""Seconds; a walk that is longer has its times as they are written, and not as hours and minutes."""

STYLES = {"move": "green", "reduce": "cyan", "exit": "bold red"}

Cells = list[str]


class Column(NamedTuple):
    """One column: its name, its cells, and the side they keep to; numbers keep to the right."""

    name: str
    cells: Cells
    justify: JustifyMethod = "left"


def steps_table(walk: CaseReport) -> Table:
    """Return the steps of a walk as a table; a column with nothing in it is left out."""
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    columns = [column for column in _columns(walk) if any(column.cells)]
    for column in columns:
        # Where there is not enough room, words are folded and numbers stay whole.
        number = column.justify == "right"
        table.add_column(column.name, justify=column.justify, overflow="fold", no_wrap=number)
    for index, step in enumerate(walk.steps):
        cells = [Text(column.cells[index]) for column in columns]
        table.add_row(*cells, style=STYLES.get(step["action"]))
    return table


def _columns(walk: CaseReport) -> list[Column]:
    """Return all the columns."""
    steps = walk.steps

    def words(write: Callable[[Mapping[str, Any]], str]) -> Cells:
        return [write(step) for step in steps]

    def prices(key: str) -> Cells:
        return aligned([step[key] for step in steps])

    return [
        _times(walk),
        Column("price", prices("price"), "right"),
        Column("R", words(lambda step: f"{rounded_r(walk.position, step['price']):+.2f}"), "right"),
        Column("stop", prices("stop"), "right"),
        Column("level", prices("level"), "right"),
        Column("engine: rule", words(_who)),
        Column("phase", words(lambda step: phase_words(step["phase"]))),
        Column("action", words(_action)),
    ]


def _who(step: Mapping[str, Any]) -> str:
    """Return engine and rule; the initial stop belongs to no engine."""
    return ": ".join(step[key] for key in ("engine", "rule") if step[key])


def _action(step: Mapping[str, Any]) -> str:
    """Return what was done, how much of the original amount was sold, and why; nothing for a hold."""
    if step["action"] == "hold":
        return ""
    fraction = "" if step["fraction"] is None else plain(step["fraction"])
    return " ".join(word for word in (step["action"], fraction, step["reason"]) if word)


def phase_words(phase: str) -> str:
    """Return a phase in short: `PARTIAL_PROFIT_TAKEN` as `partial profit`."""
    return phase.removesuffix("_TAKEN").removesuffix("_PROTECTED").replace("_", " ").lower()


def aligned(numbers: Sequence[float | None]) -> Cells:
    """Return numbers with as many places as the longest of them needs, and nothing for None."""
    decimals = [None if number is None else decimal_of(number) for number in numbers]
    places = max([0, *(-int(one.as_tuple().exponent) for one in decimals if one is not None)])
    cells = ["" if one is None else f"{one:.{places}f}" for one in decimals]
    if max(map(len, cells)) <= LONGEST:
        return cells
    return ["" if number is None else plain(number) for number in numbers]


def _times(walk: CaseReport) -> Column:
    """Return the times: hours and minutes since the entry where all are whole minutes, else as written."""
    ages = [step["t"] - walk.position.opened_at for step in walk.steps]
    if any(age % MINUTE for age in ages) or ages[-1] >= LONGEST_CLOCK:
        return Column("t", aligned([step["t"] for step in walk.steps]), "right")
    return Column("h:mm", [f"{age // HOUR:.0f}:{age % HOUR // MINUTE:02.0f}" for age in ages], "right")
