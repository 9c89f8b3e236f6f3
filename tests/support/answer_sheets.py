"""Answer sheets: CSV rows of cases worked out by hand, each with its expected last step.

An options cell holds `key=value` words, where a value is JSON or a plain word. A rungs cell holds `profit:value` words.
A ticks cell holds `t:price:atr:momentum` words, of which the last fields may be missing.
"""

import csv
import json
from pathlib import Path
from typing import Any

from robustop_plugin.lab.simulate import simulate

FOLDER = Path(__file__).parents[1] / "answers"
TICK = ("t", "price", "atr", "momentum")

Row = dict[str, str]


def sheet(name: str) -> list[Row]:
    """Return the rows of a sheet."""
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def why(row: Row) -> str:
    """Return the subject of a row, used as its test id."""
    return row["why"]


def value_of(text: str) -> Any:
    """Parse a cell value: JSON, or a plain word."""
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def options_of(text: str | None) -> dict[str, Any]:
    """Return the options of a cell; an empty or missing cell has none."""
    words = (word.split("=", 1) for word in (text or "").split())
    return {key: value_of(value) for key, value in words}


def rungs_of(text: str) -> list[list[Any]]:
    """Parse the rungs of a cell."""
    return [[value_of(part) for part in word.split(":")] for word in text.split()]


def tick_of(text: str) -> dict[str, float]:
    """Parse one tick."""
    return {name: float(part) for name, part in zip(TICK, text.split(":"), strict=False) if part}


def case_of(row: Row, engine: dict[str, Any], **block: Any) -> dict[str, Any]:
    """Return the case of a row with its engine; partial exits are off unless the row sets them."""
    return {
        "side": row["side"],
        **{name: float(row[name]) for name in ("entry", "initial_stop", "tick_size")},
        **options_of(row.get("facts")),
        "settings": {"engines": [engine], "partials": [], **options_of(row.get("settings")), **block},
        "ticks": [tick_of(text) for text in row["ticks"].split()],
    }


def check(row: Row, case: dict[str, Any]) -> None:
    """Assert that the case runs to its last tick and that the last step is the one computed by hand."""
    steps = simulate(case)["steps"]
    last = steps[-1]
    assert len(steps) == len(case["ticks"])
    assert last["stop"] == float(row["stop"])
    assert last["level"] == (float(row["level"]) if row["level"] else None)
    assert (last["action"], last["rule"] or "", last["reason"] or "") == (row["action"], row["rule"], row["reason"])
    assert last["engine"] == (case["settings"]["engines"][0]["name"] if row["rule"] else None)
    assert last["phase"] == row["phase"]
    sold = ["-" if step["fraction"] is None else step["fraction"] for step in steps]
    assert sold == [part if part == "-" else float(part) for part in (row.get("sold") or "- " * len(steps)).split()]
