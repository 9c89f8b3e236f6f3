"""The table, the summary, and the file of rows from which a run is resumed."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HEADER = (
    f"{'file':<44} {'class':<32} {'load':<5} {'check':<9} {'trades':>6} {'neutral':<8} {'dominant':<9} {'seconds':>7}"
)
MOST_REASONS = 12
FEWEST_TRADES = 10
"""Fewer trades than these say too little."""


def read_rows(path: Path) -> list[dict[str, Any]]:
    """Return the rows of an earlier run; a last line that was cut off is dropped."""
    rows = []
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else []:
        try:
            rows.append(json.loads(line))
        except ValueError:
            break
    return rows


def table_line(row: dict[str, Any]) -> str:
    """Return a row as a line of the table."""
    file = "/".join(Path(row["file"]).parts[-2:])
    checks = "/".join("ok" if not found else "no" for found in row.get("check", {}).values())
    trades = row.get("trades", "crash" if row.get("alone") else "")
    cells = (_mark(row, "neutral"), _mark(row, "dominant"))
    loads = "yes" if row["load"] is None else "no"
    return (
        f"{file[-44:]:<44} {row['class'][:32]:<32} {loads:<5} {checks:<9} {trades:>6} "
        f"{cells[0]:<8} {cells[1]:<9} {row['seconds']:>7}"
    )


def _mark(row: dict[str, Any], name: str) -> str:
    found = row.get(name)
    if found is None:
        return ""
    return "yes" if found["good"] else "NO" if found.get("steady", True) else "unsteady"


def summary(rows: list[dict[str, Any]]) -> Iterator[str]:
    """Yield the lines of the summary: counts, then reasons by how often they occur."""
    loaded = [row for row in rows if row["load"] is None]
    yield f"{len(rows)} strategies, {len(loaded)} load by themselves"
    yield from _reasons("not loaded", [row["load"] for row in rows if row["load"] is not None])
    for name in ("default", "partials"):
        found = [row["check"][name] for row in loaded if "check" in row]
        yield f"check, block {name}: {sum(not problems for problems in found)} of {len(found)} without a problem"
        yield from _reasons("problem", [text for problems in found for text in problems])
    crashed = [row["alone"] for row in loaded if row.get("alone") is not None]
    ran = [row["trades"] for row in loaded if "trades" in row]
    few = sum(trades < FEWEST_TRADES for trades in ran)
    yield f"backtests alone: {len(crashed)} crash, {few} make too few trades, {len(ran) - few} make enough"
    yield from _reasons("crash", crashed)
    enough = [row for row in loaded if "neutral" in row]
    for name in ("neutral", "dominant"):
        marks = Counter(_mark(row, name) for row in enough)
        yield f"{name}: {marks['yes']} of {len(enough)} ({dict(marks)})"
        for row in enough:
            if not row[name]["good"] or row[name]["errors"]:
                yield f"  {row['file']} {row['class']}: {row[name]['detail']} {row[name]['errors'] or ''}".rstrip()


def _reasons(title: str, texts: list[str]) -> Iterator[str]:
    """Yield reasons and how often they were given; numbers and quoted names do not tell them apart."""
    alike: dict[str, str] = {}
    counts: Counter[str] = Counter()
    for text in texts:
        kind = re.sub(r"'[^']*'|\d+|\b\w+\.(?=\w+ )|/\S+", "_", text)
        counts[alike.setdefault(kind, text)] += 1
    for text, count in counts.most_common(MOST_REASONS):
        yield f"  {count:>4} {title}: {text}"
