"""Points, draws and the table of the kills, without a bot."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.kills.__main__ import main
from tests.kills.points import name_of_request
from tests.kills.report import read_rows, table
from tests.kills.theatre import WRITING, draw, second_of

POINTS = ("start: before GET time", "first rung: after commit orders", "start: before GET time", "stop: before analyze")

PROCESS = """
import os, sys
from tests.kills.points import Points

points = Points(1, sys.argv[1])
for number in range(3):
    points.passed("here")
    points.passed("there")
"""


def passed(kill: str) -> tuple[list[str], int]:
    """Return the points that a process passes that is to die at one of them, and its exit status."""
    done = subprocess.run(
        [sys.executable, "-c", PROCESS, kill], capture_output=True, text=True, check=False, env=os.environ
    )
    return done.stdout.splitlines(), done.returncode


def test_a_process_dies_at_the_occurrence_of_its_point() -> None:
    """The point is reported, and nothing after it happens."""
    assert passed("start: there#2") == (["start: here", "start: there"] * 2, -signal.SIGKILL)


def test_a_process_dies_at_any_point() -> None:
    """A star stands for any name."""
    assert passed("*#3") == (["start: here", "start: there", "start: here"], -signal.SIGKILL)


def test_a_process_lives_without_its_point() -> None:
    """A point that is passed less often kills nobody."""
    assert passed("start: there#4") == (["start: here", "start: there"] * 3, 0)


@pytest.mark.parametrize(
    ("request_", "name"),
    [
        (("http://127.0.0.1:1/api/v3/order", "POST", "symbol=B&type=MARKET&side=BUY"), "POST order MARKET BUY"),
        (("https://fapi.binance.com/fapi/v1/algoOrder?algoId=7", "DELETE", None), "DELETE algoOrder"),
        (("http://127.0.0.1:1/api/v3/order?side=SELL", "GET", None), "GET order"),
    ],
)
def test_the_name_of_a_request(request_: tuple[str, str, str | None], name: str) -> None:
    """A request is named by what it does, without numbers that are never the same."""
    assert name_of_request(*request_) == name


def test_the_same_seed_draws_the_same_points() -> None:
    """A longer draw begins like a shorter one, so that a run can go on."""
    assert draw("7", POINTS, 20)[:5] == draw("7", POINTS, 5)
    assert draw("7", POINTS, 20) != draw("8", POINTS, 20)


def test_draws_are_of_what_was_passed() -> None:
    """Each name comes, with occurrences that there are, and every second one is a write."""
    drawn = draw("7", POINTS, 30)
    assert set(drawn) == {f"{POINTS[0]}#1", f"{POINTS[0]}#2", f"{POINTS[1]}#1", f"{POINTS[3]}#1"}
    assert all(any(word in point for word in WRITING) for point in drawn[1::2])


def test_each_fourth_bot_is_killed_again() -> None:
    """At a drawn number of points after its start, the same in each run of a seed."""
    drawn = [second_of("7", place) for place in range(40)]
    assert drawn == [second_of("7", place) for place in range(40)]
    assert [bool(point) for point in drawn] == [False, False, False, True] * 10
    assert len(set(drawn[3::4])) > 5
    assert all(1 <= int(point.removeprefix("*#")) <= 120 for point in drawn[3::4])


def test_the_table_counts_by_kind() -> None:
    """Steps and occurrences of a kind of point are one line."""
    rows = [
        {"number": 0, "variant": "a", "point": "stop: after analyze#1", "kills": 1, "lost": "nothing", "findings": []},
        {
            "number": 1,
            "variant": "a",
            "point": "entry: after analyze#2",
            "kills": 2,
            "lost": "nothing",
            "findings": ["wrong"],
        },
    ]
    lines = [line.split() for line in table(rows)]
    assert ["after", "analyze", "2", "1"] in lines
    assert ["nothing", "2", "1"] in lines
    assert ["2", "1", "0"] in lines, "one bot was killed twice"
    assert lines[-1] == ["1", "of", "2", "kills", "recovered"]


def test_an_interrupted_file_is_read(tmp_path: Path) -> None:
    """Half a line at the end is a kill that is made again."""
    (tmp_path / "rows").write_text('{"number": 3}\n{"numb')
    assert read_rows(tmp_path / "rows") == [{"number": 3}]
    assert read_rows(tmp_path / "missing") == []


def test_an_unknown_life_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """A name that no life has ends with status 2."""
    assert main(["--life", "spot-short-bot-sqlite"]) == 2
    assert "no life has such a name" in capsys.readouterr().out


def test_the_help_shows_how(capsys: pytest.CaptureFixture[str]) -> None:
    """The help has examples, and says what the exit status means."""
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    text = capsys.readouterr().out
    assert "python -m tests.kills --kills 40 --seed 3" in text
    assert "Exit status: 0 if all recovered, 1 if not" in text
