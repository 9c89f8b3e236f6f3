"""The page that compares rehearsals with and without robustop, from reports whose page is known."""

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
    loops = {"exposed_loops": int(exposed), "unprotected_loops": 0}
    figures = {"exposed_seconds": exposed, "unprotected_seconds": 0.25, "result": -20.0, **loops}
    # Half of the time the exchange refused every order.
    counted = {"judged_exposed_seconds": exposed / 2, "judged_unprotected_seconds": 0.0}
    figures |= counted | {"judged_exposed_loops": int(exposed) // 2, "judged_unprotected_loops": 0}
    failed = [{"expectation": "exposed", "met": False, "detail": "held too long"}]
    own = {"scenario": "crash", "about": "It falls | fast.", "stop": "bot", "reason": "a frozen call", "messages": []}
    own |= {"strategy": "Mine", "route": "proxy", "verdict": verdict, "kind": kind, "robustop": robustop}
    own |= {"figures": figures, "expectations": [] if verdict == "passed" else failed}
    return own | more


def rows(*reports: dict[str, Any]) -> list[str]:
    """Return the rows of the page's tables of scenarios."""
    return [line for line in page_of(reports).splitlines() if line.startswith("| `")]


def test_a_row_has_both_sides() -> None:
    """The first cell says what happened, the others what came of it with Freqtrade alone and with robustop."""
    (row,) = rows(report("failed", 12.34, robustop=False), report("passed", 0.5, robustop=True))
    alone = "**failed**: held too long beyond its stop | 12.3 | 0.2 | -20.00"
    assert row == f"| `crash`: It falls / fast | {alone} | passed | 0.5 | 0.2 | -20.00 |"


def test_the_worst_of_several_plays_is_shown() -> None:
    """A failure is worse than a limit, and a limit than a pass; times are the longest of all plays."""
    played = [
        report("passed", 3.0, robustop=True),
        report("incurable", 1.0, robustop=True, route="url"),
        report("incurable", 2.0, robustop=True, strategy="Other"),
    ]
    (row,) = rows(*played)
    assert row.endswith("| not played | | |  | limit 2 of 3 | 3.0 | 0.2 | -20.00 |")
    (row,) = rows(*played, report("failed", 0.1, robustop=True))
    assert "| **failed** 1 of 4: held too long beyond its stop | 3.0 |" in row


def test_the_result_is_that_of_the_play_like_the_one_beside_it() -> None:
    """Strategies differ in their sizes: what was won or lost is compared for the same strategy and route."""
    names = ("exposed", "unprotected", "judged_exposed", "judged_unprotected")
    figures = {f"{name}_{unit}": 0 for name in names for unit in ("seconds", "loops")}
    (row,) = rows(
        report("passed", 0.0, robustop=False),
        report("passed", 0.0, robustop=True, figures=figures | {"result": -7.0}),
        report("passed", 0.0, robustop=True, strategy="Large", figures=figures | {"result": -700.0}),
    )
    assert row.endswith("| passed 2 of 2 | 0.0 | 0.0 | -7.00 |")


def test_an_overview_counts_the_verdicts_of_each_side() -> None:
    """The longest times are those of plays without a limit; those that met one stand apart."""
    page = page_of(
        [
            report("failed", 40.0, robustop=False),
            report("passed", 2.0, robustop=True),
            report("incurable", 50.0, robustop=True, scenario="frozen"),
        ]
    )
    alone = "| 1 | 0 | 0 | 1 | 40.0 s (`crash`), 40 loops | 20.0 s (`crash`), 20 loops |"
    assert f"| spot long, the stop in the bot: Freqtrade alone {alone}" in page
    times = "2.0 s (`crash`), 2 loops | 1.0 s (`crash`), 1 loops | 0.2 s (`crash`), 0 loops | 0.0 s (`crash`), 0 loops"
    both = f"| 2 | 1 | 1 | 0 | {times} | 25.0 s (`frozen`), 25 loops; 0.0 s (`frozen`), 0 loops |"
    assert f"| spot long, the stop in the bot: with robustop {both}" in page


def test_markets_and_places_have_sections() -> None:
    """Each market, side and place of the stop has its table."""
    page = page_of(
        [
            report("passed", 1.0, robustop=True, stop="exchange", kind="futures short"),
            report("passed", 1.0, robustop=True),
        ]
    )
    assert page.index("## Spot long, the stop in the bot") < page.index("## Futures short, the stop on the exchange")
    assert "What no strategy can cure\n" not in page


def test_limits_are_listed_with_what_robustop_reports() -> None:
    """A reason is named once, with its scenarios and the first message that the bot sent."""
    page = page_of(
        [
            report("incurable", 1.0, robustop=True, messages=["an unknown position", "and more"]),
            report("incurable", 1.0, robustop=True, scenario="again"),
            report("incurable", 1.0, robustop=True, scenario="silent", reason="nobody is asked"),
            report("incurable", 1.0, robustop=False, reason="of Freqtrade alone"),
        ]
    )
    limits = page.split("## What no strategy can cure")[1]
    assert '- `again`, `crash`: a frozen call. robustop sends: "an unknown position".\n' in limits
    assert "- `silent`: nobody is asked. Freqtrade's own messages and log say so.\n" in limits
    assert "of Freqtrade alone" not in limits


def test_the_page_is_written_from_the_reports_of_a_folder(tmp_path: Path) -> None:
    """One command writes the page of all reports; it plays nothing if the page alone is wanted."""
    reports = [report("failed", 12.34, robustop=False), report("passed", 0.5, robustop=True)]
    for number, content in enumerate(reports):
        (tmp_path / f"{number}").mkdir()
        (tmp_path / f"{number}" / "crash-long.json").write_text(json.dumps(content))
    page = tmp_path / "page.md"
    command = [sys.executable, str(ROOT / "benchmarks" / "rehearsals.py"), "--page-only"]
    command += ["--folder", str(tmp_path), "--page", str(page)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    assert done.stdout == f"2 rehearsals, with robustop {{'passed': 1}}: {page}\n"
    assert page.read_text() == page_of(reports)
