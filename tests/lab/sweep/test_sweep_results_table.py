"""The table of a sweep, and what is left of it when a process dies."""

import json
from pathlib import Path

import pytest

from robustop_plugin.core.errors import InvalidSettings
from robustop_plugin.lab.sweep.scores.metrics import Measured
from robustop_plugin.lab.sweep.search.results_table import Row, Table

PLAN = {"strategy": "S", "seed": 1, "dimensions": {"a": [1.0, 2.0]}}


def row(number: int, search: str = "whole") -> Row:
    """Return a row; the even numbers have no score."""
    measured = Measured(number / 3 if number % 2 else None, 5, 1.5, 0.25, 9, None, 0.0, 3.0)
    return Row(search, number, {"a": number / 7}, measured)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where the table is."""
    return tmp_path / "deep" / "sweep.jsonl"


def test_rows_come_back_as_they_were(path: Path) -> None:
    """To the last digit, and in the order of their numbers."""
    table = Table(path, PLAN)
    table.add([row(3), row(0)])
    table.add([row(1), row(0, "train 1")])
    again = Table(path, PLAN)
    again.resume()
    assert again.of("whole") == [row(0), row(1), row(3)]
    assert again.of("train 1") == [row(0, "train 1")]


def test_the_order_of_chunks_leaves_no_trace(path: Path, tmp_path: Path) -> None:
    """When a sweep is finished, the file says nothing of which setting finished first."""
    one, other = Table(path, PLAN), Table(tmp_path / "other.jsonl", PLAN)
    one.add([row(number) for number in range(12)])
    for number in (11, 3, 7, 0, 1, 2, 4, 5, 6, 8, 9, 10):
        other.add([row(number)])
    one.finish()
    other.finish()
    assert one.path.read_bytes() == other.path.read_bytes()
    assert [json.loads(line).get("number") for line in one.path.read_text().splitlines()] == [None, *range(12)]


@pytest.mark.parametrize("cut", [1, 5, 40])
def test_a_line_that_was_cut_off_is_dropped(path: Path, cut: int) -> None:
    """A process that died while it wrote leaves the rows before."""
    table = Table(path, PLAN)
    table.add([row(0), row(1), row(2)])
    path.write_bytes(path.read_bytes()[:-cut])
    again = Table(path, PLAN)
    again.resume()
    assert again.of("whole") == [row(0), row(1)]
    again.add([row(2)])
    table.finish()
    again.finish()
    assert path.read_text().count("\n") == 4


def test_nothing_is_written_before_there_is_a_row(path: Path) -> None:
    """A sweep that is refused at its start leaves no table."""
    Table(path, PLAN)
    assert not path.exists()


@pytest.mark.parametrize(
    ("plan", "told"),
    [
        ({**PLAN, "seed": 2}, "was begun with another seed: 1, now 2; start anew with --overwrite"),
        ({**PLAN, "objective": "profit"}, "was begun with another objective: None, now profit"),
    ],
)
def test_another_plan_is_no_sweep_to_go_on_with(path: Path, plan: dict[str, object], told: str) -> None:
    """What differs is named."""
    Table(path, PLAN).add([row(0)])
    with pytest.raises(InvalidSettings, match=told):
        Table(path, plan).resume()


@pytest.mark.parametrize("content", ["", "[]\n", '{"no": 1}\n', "pair,profit\n"])
def test_another_file_is_no_table(path: Path, content: str) -> None:
    """Nothing is taken from it, and nothing is written to it."""
    path.parent.mkdir()
    path.write_text(content)
    with pytest.raises(InvalidSettings, match="is no table of a sweep"):
        Table(path, PLAN).resume()
    assert path.read_text() == content


def test_a_missing_table_is_named(path: Path) -> None:
    """There is nothing to go on with."""
    with pytest.raises(InvalidSettings, match="leave --resume out"):
        Table(path, PLAN).resume()


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """Where a file stands in the way of a folder, too."""
    (tmp_path / "file").write_text("")
    with pytest.raises(InvalidSettings, match=r"--out was .*: it cannot be written"):
        Table(tmp_path / "file" / "sweep.jsonl", PLAN).add([row(0)])
