"""The table of a sweep, and what is left of it after a crash."""

import json
from pathlib import Path

import pytest

from robustop_plugin.core.errors import InvalidSettings
from robustop_plugin.lab.sweep.scores.metrics import Metrics
from robustop_plugin.lab.sweep.search.results_table import ResultsTable, Row

PLAN = {"strategy": "S", "seed": 1, "dimensions": {"a": [1.0, 2.0]}}


def row(number: int, search: str = "whole") -> Row:
    """Return a row; even numbers have no score."""
    metrics = Metrics(number / 3 if number % 2 else None, 5, 1.5, 0.25, 9, None, 0.0, 3.0)
    return Row(search, number, {"a": number / 7}, metrics)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return the path of the table."""
    return tmp_path / "deep" / "sweep.jsonl"


def test_rows_come_back_as_they_were(path: Path) -> None:
    """Rows are restored exactly, sorted by number."""
    table = ResultsTable(path, PLAN)
    table.add([row(3), row(0)])
    table.add([row(1), row(0, "train 1")])
    again = ResultsTable(path, PLAN)
    again.resume()
    assert again.rows_of("whole") == [row(0), row(1), row(3)]
    assert again.rows_of("train 1") == [row(0, "train 1")]


def test_the_order_of_chunks_leaves_no_trace(path: Path, tmp_path: Path) -> None:
    """The finished file does not depend on which setting finished first."""
    first, second = ResultsTable(path, PLAN), ResultsTable(tmp_path / "other.jsonl", PLAN)
    first.add([row(number) for number in range(12)])
    for number in (11, 3, 7, 0, 1, 2, 4, 5, 6, 8, 9, 10):
        second.add([row(number)])
    first.rewrite_sorted()
    second.rewrite_sorted()
    assert first.path.read_bytes() == second.path.read_bytes()
    assert [json.loads(line).get("number") for line in first.path.read_text().splitlines()] == [None, *range(12)]


@pytest.mark.parametrize("cut", [1, 5, 40])
def test_a_line_that_was_cut_off_is_dropped(path: Path, cut: int) -> None:
    """A crash during a write leaves the earlier rows."""
    table = ResultsTable(path, PLAN)
    table.add([row(0), row(1), row(2)])
    path.write_bytes(path.read_bytes()[:-cut])
    again = ResultsTable(path, PLAN)
    again.resume()
    assert again.rows_of("whole") == [row(0), row(1)]
    again.add([row(2)])
    table.rewrite_sorted()
    again.rewrite_sorted()
    assert path.read_text().count("\n") == 4


def test_nothing_is_written_before_there_is_a_row(path: Path) -> None:
    """A sweep that is rejected at its start leaves no table."""
    ResultsTable(path, PLAN)
    assert not path.exists()


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        ({**PLAN, "seed": 2}, "was begun with another seed: 1, now 2; start anew with --overwrite"),
        ({**PLAN, "objective": "profit"}, "was begun with another objective: None, now profit"),
    ],
)
def test_another_plan_is_no_sweep_to_go_on_with(path: Path, plan: dict[str, object], message: str) -> None:
    """A different plan is rejected, with the difference."""
    ResultsTable(path, PLAN).add([row(0)])
    with pytest.raises(InvalidSettings, match=message):
        ResultsTable(path, plan).resume()


@pytest.mark.parametrize("content", ["", "[]\n", '{"no": 1}\n', "pair,profit\n"])
def test_another_file_is_no_table(path: Path, content: str) -> None:
    """A file that is not a table is rejected and left unchanged."""
    path.parent.mkdir()
    path.write_text(content)
    with pytest.raises(InvalidSettings, match="is not the table of a sweep"):
        ResultsTable(path, PLAN).resume()
    assert path.read_text() == content


def test_a_missing_table_is_named(path: Path) -> None:
    """A missing table cannot be resumed."""
    with pytest.raises(InvalidSettings, match="leave --resume out"):
        ResultsTable(path, PLAN).resume()


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """A write error is one line with the option, also if a file is in the place of a folder."""
    (tmp_path / "file").write_text("")
    with pytest.raises(InvalidSettings, match=r"--out was .*: it cannot be written"):
        ResultsTable(tmp_path / "file" / "sweep.jsonl", PLAN).add([row(0)])
