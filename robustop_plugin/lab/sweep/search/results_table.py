"""The table of a sweep: one line of JSON for each setting, written as settings finish.

The first line is the plan. A sweep that is resumed must have the same; at the end the lines are put in order, so
that an interrupted sweep leaves the same file as one that ran through.
"""

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from robustop_plugin.core.errors import InvalidSettings
from robustop_plugin.lab.sweep.scores.metrics import Measured
from robustop_plugin.lab.sweep.space import Values


class Row(NamedTuple):
    """One setting, evaluated once.

    Attributes:
        search: which search it belongs to: `whole`, or the train of a step of the walk-forward test.
        number: of the setting in its search.
        values: by the names of the knobs.
        measured: what came of it.
    """

    search: str
    number: int
    values: Values
    measured: Measured

    def to_line(self) -> str:
        """Return the row as a line of the table."""
        fields = {"search": self.search, "number": self.number, "values": self.values, **self.measured._asdict()}
        return json.dumps(fields, allow_nan=False)


class Table:
    """The rows of a sweep in a file.

    Attributes:
        path: of the file.
        rows: by search and number.
    """

    def __init__(self, path: Path, plan: Mapping[str, Any]) -> None:
        """Start a table; nothing is written before there is a row."""
        self.path = path
        self.plan = dict(plan)
        self.rows: dict[tuple[str, int], Row] = {}
        self._is_begun = False

    def resume(self) -> None:
        """Take over the rows of an interrupted sweep with the same plan; a line that was cut off is dropped.

        Raises:
            InvalidSettings: there is no such file, or its plan is another.
        """
        if not self.path.is_file():
            raise InvalidSettings(f"--resume: there is no table {self.path}; leave --resume out to start one")
        lines = self.path.read_text(encoding="utf-8").split("\n")
        self._check_plan(lines[0])
        # Behind the last end of a line there is what was being written when the process died.
        for line in lines[1:-1]:
            fields = json.loads(line)
            place = fields.pop("search"), fields.pop("number")
            self.rows[place] = Row(*place, fields.pop("values"), Measured(**fields))
        self.finish()
        self._is_begun = True

    def _check_plan(self, line: str) -> None:
        try:
            before = json.loads(line)["plan"]
        except (ValueError, KeyError, TypeError) as error:
            raise InvalidSettings(f"--resume: {self.path} is no table of a sweep") from error
        different = first_difference(before, self.plan)
        if different is not None:
            raise InvalidSettings(
                f"--resume: {self.path} was begun with another {different}; start anew with --overwrite, or elsewhere "
                "with --out"
            )

    def add(self, rows: Iterable[Row]) -> None:
        """Keep some rows, on the disk when this returns.

        Raises:
            InvalidSettings: the file cannot be written.
        """
        lines = [] if self._is_begun else [self._plan_line()]
        for row in rows:
            self.rows[row.search, row.number] = row
            lines.append(row.to_line() + "\n")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a" if self._is_begun else "w", encoding="utf-8") as file:
                file.write("".join(lines))
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise InvalidSettings(f"--out was {self.path}: it cannot be written, {error.strerror}") from error
        self._is_begun = True

    def of(self, search: str) -> list[Row]:
        """Return the rows of one search by number."""
        return [self.rows[place] for place in sorted(self.rows) if place[0] == search]

    def finish(self) -> None:
        """Put the lines in order; the file is never half written."""
        lines = [self._plan_line(), *(self.rows[place].to_line() + "\n" for place in sorted(self.rows))]
        beside = self.path.with_name(self.path.name + ".new")
        beside.write_text("".join(lines), encoding="utf-8")
        beside.replace(self.path)

    def _plan_line(self) -> str:
        return json.dumps({"plan": self.plan}) + "\n"


def first_difference(before: Mapping[str, Any], now: Mapping[str, Any]) -> str | None:
    """Return what two plans do not have in common, in words; None where they are the same.

    Args:
        before: as it was read.
        now: as it would be written.
    """
    written = json.loads(json.dumps(now))
    for key in sorted({*before, *written}):
        if before.get(key) != written.get(key):
            return f"{key}: {before.get(key)}, now {written.get(key)}"
    return None
