"""The table of kill points, and the file of results with which an interrupted run goes on."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.kills.theatre import Result


def row_of(result: Result) -> dict[str, Any]:
    """Return a result as a row of the file."""
    kill = result.kill
    return {
        "number": kill.number,
        "variant": kill.variant.name,
        "point": kill.point,
        "again": kill.again,
        "kills": result.kills,
        "lost": result.lost,
        "findings": result.findings,
    }


def read_rows(path: Path) -> list[dict[str, Any]]:
    """Return the rows of a file; a line that was cut off by an interruption is left out."""
    rows = []
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
        try:
            rows.append(json.loads(line))
        except ValueError:
            continue
    return rows


def what_of(point: str) -> str:
    """Return what happens at a point, without the step and the occurrence."""
    return point.partition(": ")[2].rpartition("#")[0]


def table(rows: Iterable[dict[str, Any]]) -> list[str]:
    """Return the table of kill points, by their kind: how many kills, and how many bots recovered."""
    rows = list(rows)
    lines = [f"{'kill point':<52} {'kills':>5} {'recovered':>9}"]
    lines += _part(rows, lambda row: what_of(row["point"]))
    lines += ["", f"{'lost with the process':<52} {'kills':>5} {'recovered':>9}"]
    lines += _part(rows, lambda row: row["lost"])
    lines += ["", f"{'kills of one bot':<52} {'bots':>5} {'recovered':>9}"]
    lines += _part(rows, lambda row: f"{row['kills']}")
    lines += ["", f"{'life':<52} {'kills':>5} {'recovered':>9}"]
    lines += _part(rows, lambda row: row["variant"])
    kills, recovered = len(rows), sum(not row["findings"] for row in rows)
    return [*lines, "", f"{recovered} of {kills} kills recovered"]


def _part(rows: list[dict[str, Any]], name: Any) -> list[str]:
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        found[name(row)].update(kills=1, recovered=not row["findings"])
    return [f"{one:<52} {count['kills']:>5} {count['recovered']:>9}" for one, count in sorted(found.items())]
