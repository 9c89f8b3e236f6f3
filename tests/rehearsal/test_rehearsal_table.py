"""The page that compares rehearsals, from reports whose page is known."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from robustop_plugin.rehearsal.page import page_of
from tests.conftest import ROOT


def report(verdict: str, exposed: float, *, robustop: bool, kind: str = "spot long", **more: Any) -> dict[str, Any]:
    """Return a report as far as the page uses it."""
    figures = {"exposed_seconds": exposed, "unprotected_seconds": 0.25, "result": -20.0}
    failed = [{"expectation": "exposed", "met": False, "detail": "held too long\nand more"}]
    expectations = [] if verdict == "passed" else failed
    own = {"scenario": "crash", "about": "It falls | fast.", "stop": "bot", "reason": "a frozen call"}
    own |= {"verdict": verdict, "kind": kind, "robustop": robustop, "figures": figures, "expectations": expectations}
    return own | more


def rows(*reports: dict[str, Any]) -> list[str]:
    """Return the rows of the page's tables."""
    return [line for line in page_of(reports).splitlines() if line.startswith("| `")]


def test_a_row_has_both_sides() -> None:
    """The first cell says what happened, the others what came of it; a detail is cut to its first line."""
    sides = (report("failed", 12.34, robustop=False), report("passed", 0.5, robustop=True))
    (row,) = rows(*sides)
    alone = "**failed** (spot long): 12.3 s, 0.2 s, -20.00; held too long"
    assert row == f"| `crash`: It falls / fast | {alone} | passed: 0.5 s, 0.2 s, -20.00 |"


def test_the_worst_of_several_markets_is_shown() -> None:
    """A failure is worse than a limit, and a limit worse than a pass; then the longer exposure."""
    played = [
        report("passed", 99.0, robustop=True),
        report("incurable", 1.0, robustop=True, kind="futures long"),
        report("incurable", 2.0, robustop=True, kind="futures short"),
    ]
    (row,) = rows(*played)
    assert "cannot be cured (futures short): 2.0 s" in row
    assert "| not played |" in row


def test_places_of_the_stop_and_limits_have_sections() -> None:
    """Each place has its table, and the limits that were met are listed once."""
    page = page_of(
        [report("incurable", 1.0, robustop=True), report("passed", 1.0, robustop=True, stop="exchange", scenario="b")]
    )
    assert page.index("## The stop in the bot") < page.index("## The stop on the exchange")
    assert page.endswith("one of them was met:\n\n- `crash`: a frozen call.\n")


def test_the_page_is_written_from_the_reports_of_a_folder(tmp_path: Path) -> None:
    """One command writes the page of all reports; it plays nothing if the page alone is wanted."""
    reports = [[report("failed", 12.34, robustop=False)], [report("passed", 0.5, robustop=True)]]
    for number, content in enumerate(reports):
        (tmp_path / f"{number}.json").write_text(json.dumps(content))
    page = tmp_path / "page.md"
    command = [sys.executable, str(ROOT / "benchmarks" / "rehearsals.py"), "--page-only"]
    command += ["--folder", str(tmp_path), "--page", str(page)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    assert done.stdout == f"2 rehearsals: {page}\n"
    assert page.read_text() == page_of([content for (content,) in reports])
