"""The table of a sweep: one line of JSON per setting, written as settings finish.

The first line is the plan; a sweep can be resumed only with the same plan. At the end the lines are sorted, so that an
interrupted and resumed sweep leaves the same file as an uninterrupted one.
"""

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from robustop_plugin.core.errors import InvalidSettings
from robustop_plugin.lab.sweep.scores.metrics import Metrics
from robustop_plugin.lab.sweep.space import Values


class Row(NamedTuple):
    """One evaluated setting.

    Attributes:
        search: Name of the search: `whole`, `yours`, or a training or test window of the walk-forward test.
        number: Number of the setting within its search.
        values: Values by parameter name.
        metrics: Metrics of its trades.
    """

    search: str
    number: int
    values: Values
    metrics: Metrics

    def to_line(self) -> str:
        """Return the row as a line of the table."""
        fields = {"search": self.search, "number": self.number, "values": self.values, **self.metrics._asdict()}
        return json.dumps(fields, allow_nan=False)


class ResultsTable:
    """The rows of a sweep, in a file.

    Attributes:
        path: The file.
        plan: What the rows depend on.
        rows: Rows by search and number.
    """

    def __init__(self, path: Path, plan: Mapping[str, Any]) -> None:
        """Create an empty table; the file is written with the first row."""
        self.path = path
        self.plan = dict(plan)
        self.rows: dict[tuple[str, int], Row] = {}
        self._is_begun = False

    def resume(self) -> None:
        """Load the rows of an interrupted sweep with the same plan; an incomplete last line is dropped.

        Raises:
            InvalidSettings: There is no such file, or its plan differs.
        """
        if not self.path.is_file():
            raise InvalidSettings(f"--resume: there is no table {self.path}; leave --resume out to start one")
        lines = self.path.read_text(encoding="utf-8").split("\n")
        self._check_plan(lines[0])
        # The text after the last newline was being written when the process died.
        for line in lines[1:-1]:
            fields = json.loads(line)
            key = fields.pop("search"), fields.pop("number")
            self.rows[key] = Row(*key, fields.pop("values"), Metrics(**fields))
        self.rewrite_sorted()
        self._is_begun = True

    def _check_plan(self, line: str) -> None:
        try:
            before = json.loads(line)["plan"]
        except (ValueError, KeyError, TypeError) as error:
            raise InvalidSettings(f"--resume: {self.path} is not the table of a sweep") from error
        different = first_difference(before, self.plan)
        if different is not None:
            raise InvalidSettings(
                f"--resume: {self.path} was begun with another {different}; start anew with --overwrite, or elsewhere "
                "with --out"
            )

    def add(self, rows: Iterable[Row]) -> None:
        """Add rows; they are on disk when this returns.

        Raises:
            InvalidSettings: The file cannot be written.
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

    def rows_of(self, search: str) -> list[Row]:
        """Return the rows of one search, sorted by number."""
        return [self.rows[key] for key in sorted(self.rows) if key[0] == search]

    def rewrite_sorted(self) -> None:
        """Rewrite the file with sorted lines, atomically."""
        lines = [self._plan_line(), *(self.rows[key].to_line() + "\n" for key in sorted(self.rows))]
        beside = self.path.with_name(self.path.name + ".new")
        beside.write_text("".join(lines), encoding="utf-8")
        beside.replace(self.path)

    def _plan_line(self) -> str:
        return json.dumps({"plan": self.plan}) + "\n"


def first_difference(before: Mapping[str, Any], now: Mapping[str, Any]) -> str | None:
    """Return the first difference between two plans, in words; None if they are equal.

    Args:
        before: The plan as read.
        now: The plan as it would be written.
    """
    written = json.loads(json.dumps(now))
    for key in sorted({*before, *written}):
        if before.get(key) != written.get(key):
            return f"{key}: {before.get(key)}, now {written.get(key)}"
    return None
