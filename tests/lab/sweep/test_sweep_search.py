"""A search in one process or two, interrupted or not, leaves the same table."""

from collections.abc import Callable
from pathlib import Path

import pytest

from robustop_plugin.core.errors import InvalidSettings
from robustop_plugin.lab.sweep.search.optuna_sampler import OptunaSampler
from robustop_plugin.lab.sweep.search.results_table import Row, Table
from robustop_plugin.lab.sweep.search.samplers import FixedSampler, Sampler, at_random, grid
from robustop_plugin.lab.sweep.search.search import search
from robustop_plugin.lab.sweep.search.workers import Workplace
from tests.support.score_landscapes import STOP, Hill, height, space, task

DIMENSIONS = space().dimensions
SAMPLERS: dict[str, Callable[[], Sampler]] = {
    "grid": lambda: FixedSampler(grid(DIMENSIONS)),
    "random": lambda: FixedSampler(at_random(DIMENSIONS, 15, 4)),
    "optuna": lambda: OptunaSampler(DIMENSIONS, 25, 4),
}


def run(sampler: Sampler, evaluator: Hill, table: Table, jobs: int = 1) -> tuple[list[Row], int]:
    """Return the rows of a search, and how many settings the progress was told of."""
    told: list[int] = []
    rows = search("whole", sampler, evaluator, task(), table, Workplace(jobs), told.append)
    table.finish()
    return rows, sum(told)


@pytest.fixture(params=SAMPLERS)
def sampler(request: pytest.FixtureRequest) -> Callable[[], Sampler]:
    """Return what makes a sampler of one kind."""
    return SAMPLERS[request.param]


def test_every_setting_has_its_own_score(sampler: Callable[[], Sampler], tmp_path: Path) -> None:
    """The score of each row is the landscape's at its values; the progress counts each row once."""
    rows, told = run(sampler(), Hill(), Table(tmp_path / "t.jsonl", {}))
    assert len(rows) == told
    assert told in (15, 20)
    assert len({tuple(row.values.items()) for row in rows}) == told
    for row in rows:
        assert row.measured.score == pytest.approx(12 * height(space().block(row.values)))


def test_two_processes_leave_the_same_table(sampler: Callable[[], Sampler], tmp_path: Path) -> None:
    """Byte by byte, whoever finishes first."""
    alone, shared = Table(tmp_path / "1.jsonl", {}), Table(tmp_path / "2.jsonl", {})
    assert run(sampler(), Hill(), alone) == run(sampler(), Hill(), shared, jobs=2)
    assert alone.path.read_bytes() == shared.path.read_bytes()


@pytest.mark.parametrize("settings", [3, 7, 13])
def test_an_interrupted_search_goes_on(sampler: Callable[[], Sampler], settings: int, tmp_path: Path) -> None:
    """What was done is not done again, and the table is that of a search that ran through."""
    through = Table(tmp_path / "through.jsonl", {"plan": 1})
    rows, _ = run(sampler(), Hill(), through)
    path = tmp_path / "cut.jsonl"
    with pytest.raises(KeyboardInterrupt):
        run(sampler(), Hill(left=settings), Table(path, {"plan": 1}))
    table = Table(path, {"plan": 1})
    table.resume()
    done = len(table.rows)
    assert 0 < done <= settings
    rest = Hill()
    again, told = run(sampler(), rest, table)
    assert (again, told) == (rows, len(rows))
    assert len(rest.asked) == len(rows) - done
    assert path.read_bytes() == through.path.read_bytes()


def test_rows_of_another_choice_are_no_start(tmp_path: Path) -> None:
    """Where the sampler asks for other values than the table has, nothing is mixed."""
    table = Table(tmp_path / "t.jsonl", {})
    run(FixedSampler([{STOP: 2.0}]), Hill(), table)
    with pytest.raises(InvalidSettings, match=r"setting 0 of .* another version of"):
        run(FixedSampler([{STOP: 3.0}]), Hill(), table)
