"""`robustop simulate --table`: the steps as a table."""

import io
import json
import os
import pty
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import pytest
from click.testing import CliRunner
from rich.console import Console

from robustop_plugin.cli.main import main
from robustop_plugin.cli.steps_table import WIDTH, steps_table
from robustop_plugin.core.facts import Position
from robustop_plugin.lab.case_report import CaseReport, summary, total_r

GOOD: dict[str, Any] = {
    "side": "long",
    "entry": 100,
    "initial_stop": 90,
    "tick_size": 0.01,
    "settings": {"partials": []},
    "ticks": [{"t": 60, "price": 109.5}, {"t": 3660, "price": 111}, {"t": 7200, "price": 100.1}],
}
ESCAPE = "\x1b["
COMMAND = [sys.executable, "-c", "from robustop_plugin.cli.main import main; main()", "simulate", "--table"]


def lines_of(**changes: Any) -> list[str]:
    """Return the printed lines of the valid case with changes, without trailing spaces."""
    result = CliRunner().invoke(main, ["simulate", "--table"], input=json.dumps({**GOOD, **changes}))
    assert (result.exit_code, result.stderr) == (0, "")
    return [line.rstrip() for line in result.stdout.splitlines()]


def test_a_case_as_a_table() -> None:
    """The whole output of a small case: header, steps, an empty line, the summary."""
    assert lines_of() == [
        "h:mm  price      R    stop   level  engine: rule          phase         action",
        "──────────────────────────────────────────────────────────────────────────────────────────",
        "0:01  109.5  +0.95   90.00                                initial risk",
        "1:01  111.0  +1.10  100.15  100.15  hand_span: breakeven  breakeven     move",
        "2:00  100.1  +0.01  100.15                                breakeven     exit TRAILING_STOP",
        "",
        "long from 100, stop 90 (1R = 10): exit TRAILING_STOP at 100.1, +0.01R",
    ]


@pytest.mark.parametrize(
    ("changes", "column"),
    [
        ({"ticks": [{"t": 61, "price": 101}, {"t": 120, "price": 101}]}, ["t", "61", "120"]),
        ({"ticks": [{"t": 0.5, "price": 101}, {"t": 2, "price": 101}]}, ["t", "0.5", "2.0"]),
        ({"opened_at": 61, "ticks": [{"t": 121, "price": 101}]}, ["h:mm", "0:01"]),
        ({"ticks": [{"t": 1_700_000_040, "price": 101}]}, ["t", "1700000040"]),
        ({"ticks": [{"t": 1e300, "price": 101}]}, ["t", "1e+300"]),
    ],
    ids=["seconds", "parts of seconds", "since the entry", "since 1970", "for ever"],
)
def test_times_are_hours_and_minutes_where_that_is_sensible(changes: Mapping[str, Any], column: list[str]) -> None:
    """Whole minutes since the entry are shown as h:mm; other times as written."""
    lines = lines_of(**changes)
    assert [line.split()[0] for line in (lines[0], *lines[2 : 1 + len(column)])] == column


def test_a_short_position_gains_when_the_price_falls() -> None:
    """R-multiples and the summary are positive in favor of the position, long or short."""
    lines = lines_of(side="short", initial_stop=105.0001, ticks=[{"t": 60, "price": 89.9}])
    assert lines[2].split()[:4] == ["0:01", "89.9", "+2.02", "95"]
    assert lines[-1] == "short from 100, stop 105 (1R = 5): still open at 89.9, +2.02R, stop 95 (+1R)"


def test_decimals_stay_decimals() -> None:
    """0.2 less 0.1 is 0.1, small prices have no exponent, and there is no negative zero."""
    lines = lines_of(entry=0.3, initial_stop=0.2, ticks=[{"t": 60, "price": 0.3}])
    assert lines[-1] == "long from 0.3, stop 0.2 (1R = 0.1): still open at 0.3, +0R, stop 0.2 (-1R)"
    small = lines_of(entry=1e-6, initial_stop=9e-7, tick_size=1e-9, ticks=[{"t": 60, "price": 9.9999e-7}])
    assert small[2].split()[1:3] == ["0.00000099999", "+0.00"]


def step(price: float, action: str, fraction: float | None = None, reason: str | None = None) -> dict[str, Any]:
    """Return a step with the longest possible words."""
    return {
        "t": 90,
        "price": price,
        "stop": 104.25,
        "level": 104.25,
        "engine": "smart_trail",
        "rule": "breakeven",
        "phase": "ADVANCED_PROFIT_TAKEN",
        "action": action,
        "fraction": fraction,
        "reason": reason,
    }


WALK = CaseReport(
    Position(side=1, entry=100.0, initial_stop=96.0, tick_size=0.01, opened_at=0.0),
    [step(108, "reduce", 0.5), step(112, "reduce", 0.25), step(110, "exit", None, "TRAILING_STOP")],
)


def test_partial_exits_count_in_the_summary() -> None:
    """Half at 2R, a quarter at 3R and the rest at 2.5R make 2.375R in total."""
    assert total_r(WALK) == pytest.approx(2.375)
    assert summary(WALK).endswith("exit TRAILING_STOP at 110, +2.5R; with 2 partial exits, +2.38R in all")


def test_the_longest_words_fit() -> None:
    """The longest engine, rule, phase, share and reason fit on one line each."""
    console = Console(width=WIDTH, record=True, file=io.StringIO())
    console.print(steps_table(WALK))
    lines = console.export_text().splitlines()
    assert len(lines) == 2 + len(WALK.steps)
    assert "smart_trail: breakeven  advanced profit  reduce 0.25" in lines[3]


@pytest.mark.parametrize("price", [107.5, 9e14])
def test_no_line_of_a_table_is_wider_than_its_bound(price: float) -> None:
    """In a file or pipe a table has at most 100 columns; longer text is wrapped, not cut."""
    lines = lines_of(ticks=[{"t": 90, "price": price}])
    assert max(map(len, lines[:-1])) <= WIDTH
    letters = "".join("".join(line.split()) for line in lines)
    assert f"{price:g}" in letters or f"{price:.0f}" in letters


def run_on_a_terminal(environment: Mapping[str, str]) -> str:
    """Return the output of the command on a terminal."""
    ours, its = pty.openpty()
    ran = subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=its, env={**os.environ, **environment})
    os.close(its)
    ran.communicate(json.dumps(GOOD).encode())
    printed = b""
    try:
        while chunk := os.read(ours, 4096):
            printed += chunk
    except OSError:  # Linux reports the end of a terminal as an error
        pass
    os.close(ours)
    assert ran.returncode == 0
    return printed.decode()


def test_colors_only_on_a_terminal() -> None:
    """A terminal gets colors unless NO_COLOR is set; a pipe gets none."""
    terminal = {"TERM": "xterm-256color", "COLUMNS": "100"}
    assert ESCAPE in run_on_a_terminal(terminal)
    assert "\x1b[1;31m" not in run_on_a_terminal({**terminal, "NO_COLOR": "1"})
    assert ESCAPE not in "".join(lines_of())


def test_bad_input_is_one_line_here_too() -> None:
    """An invalid case prints no table."""
    result = CliRunner().invoke(main, ["simulate", "--table"], input=json.dumps({**GOOD, "side": "up"}))
    assert (result.exit_code, result.stdout) == (2, "")
    assert len(result.stderr.splitlines()) == 1
