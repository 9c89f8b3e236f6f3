"""A search leaves the same table in one process or two, interrupted or not."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from robustop_plugin.core.errors import InvalidSettings
from robustop_plugin.lab.sweep.search.optuna_sampler import OptunaSampler
from robustop_plugin.lab.sweep.search.results_table import ResultsTable, Row
from robustop_plugin.lab.sweep.search.samplers import FixedSampler, Sampler, grid_settings, random_settings
from robustop_plugin.lab.sweep.search.search import search
from robustop_plugin.lab.sweep.search.workers import Workers
from tests.support.score_landscapes import STOP, Hill, height, space, task

DIMENSIONS = space().dimensions
SAMPLERS: dict[str, Callable[[], Sampler]] = {
    "grid": lambda: FixedSampler(grid_settings(DIMENSIONS)),
    "random": lambda: FixedSampler(random_settings(DIMENSIONS, 15, 4)),
    "optuna": lambda: OptunaSampler(DIMENSIONS, 25, 4),
}


def run(sampler: Sampler, evaluator: Hill, table: ResultsTable, jobs: int = 1) -> tuple[list[Row], int]:
    """Return the rows of a search, and the reported progress."""
    progress: list[int] = []
    rows = search("whole", sampler, evaluator, task(), table, Workers(jobs), progress.append)
    table.rewrite_sorted()
    return rows, sum(progress)


@pytest.fixture(params=SAMPLERS)
def sampler(request: pytest.FixtureRequest) -> Callable[[], Sampler]:
    """Return a function that makes one kind of sampler."""
    return SAMPLERS[request.param]


def test_every_setting_has_its_own_score(sampler: Callable[[], Sampler], tmp_path: Path) -> None:
    """The score of each row is that of the landscape, and each row counts once as progress."""
    rows, told = run(sampler(), Hill(), ResultsTable(tmp_path / "t.jsonl", {}))
    assert len(rows) == told
    assert told in (15, 20)
    assert len({tuple(row.values.items()) for row in rows}) == told
    for row in rows:
        assert row.metrics.score == pytest.approx(12 * height(space().block(row.values)))


def test_two_processes_leave_the_same_table(sampler: Callable[[], Sampler], tmp_path: Path) -> None:
    """The tables are equal byte by byte, whichever process finishes first."""
    alone, shared = ResultsTable(tmp_path / "1.jsonl", {}), ResultsTable(tmp_path / "2.jsonl", {})
    assert run(sampler(), Hill(), alone) == run(sampler(), Hill(), shared, jobs=2)
    assert alone.path.read_bytes() == shared.path.read_bytes()


@pytest.mark.parametrize("settings", [3, 7, 13])
def test_an_interrupted_search_goes_on(sampler: Callable[[], Sampler], settings: int, tmp_path: Path) -> None:
    """Finished settings are not evaluated again, and the table equals that of an uninterrupted search."""
    through = ResultsTable(tmp_path / "through.jsonl", {"plan": 1})
    rows, _ = run(sampler(), Hill(), through)
    path = tmp_path / "cut.jsonl"
    with pytest.raises(KeyboardInterrupt):
        run(sampler(), Hill(left=settings), ResultsTable(path, {"plan": 1}))
    table = ResultsTable(path, {"plan": 1})
    table.resume()
    done = len(table.rows)
    assert 0 < done <= settings
    rest = Hill()
    again, told = run(sampler(), rest, table)
    assert (again, told) == (rows, len(rows))
    assert len(rest.asked) == len(rows) - done
    assert path.read_bytes() == through.path.read_bytes()


def test_rows_of_another_choice_are_no_start(tmp_path: Path) -> None:
    """A table with other values under the same number is rejected."""
    table = ResultsTable(tmp_path / "t.jsonl", {})
    run(FixedSampler([{STOP: 2.0}]), Hill(), table)
    with pytest.raises(InvalidSettings, match=r"setting 0 of .* another version of"):
        run(FixedSampler([{STOP: 3.0}]), Hill(), table)


@dataclass
class Loading(Hill):
    """A landscape whose processes note in a folder that they have loaded, and fail to load if that is wanted.

    Attributes:
        folder: has a file for each process that has loaded.
        error: what is raised then.
    """

    folder: Path = Path()
    error: Exception | None = None

    def load(self) -> None:
        """Note this process, and give the other one time to begin."""
        (self.folder / str(os.getpid())).touch()
        late = time.monotonic() + 100
        while len(list(self.folder.iterdir())) < 2 and time.monotonic() < late:
            os.sched_yield()
        if self.error is not None:
            raise self.error


def test_other_processes_load_while_this_one_is_busy(tmp_path: Path) -> None:
    """At the end of the block both have loaded, and this process has not."""
    with Workers(2).loading(Loading(folder=tmp_path)):
        pass
    loaded = {int(file.name) for file in tmp_path.iterdir()}
    assert len(loaded) == 2
    assert os.getpid() not in loaded


@pytest.mark.parametrize("workers", [Workers(1), Workers(2, "dask")])
def test_without_other_processes_here_nothing_is_loaded_ahead(workers: Workers, tmp_path: Path) -> None:
    """One process loads when it needs to, and a cluster's processes when they get work."""
    with workers.loading(Loading(folder=tmp_path)):
        pass
    assert not list(tmp_path.iterdir())


def test_what_cannot_be_loaded_is_reported_with_the_first_setting(tmp_path: Path) -> None:
    """An error of robustop's while loading ends nothing; another one does."""
    with Workers(2).loading(Loading(folder=tmp_path, error=InvalidSettings("no candles"))):
        pass
    with pytest.raises(ZeroDivisionError), Workers(2).loading(Loading(folder=tmp_path, error=ZeroDivisionError())):
        pass
