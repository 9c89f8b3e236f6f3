"""A sweep on a Dask cluster of two processes."""

import gc
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from robustop_plugin.core.errors import InvalidSettings
from robustop_plugin.lab.sweep.evaluators.freqtrade import FreqtradeEvaluator, prepared_of
from robustop_plugin.lab.sweep.search.results_table import Table
from robustop_plugin.lab.sweep.search.samplers import FixedSampler, grid
from robustop_plugin.lab.sweep.search.search import search
from robustop_plugin.lab.sweep.search.workers import Task, Workplace, workplace
from robustop_plugin.lab.sweep.strategy import objective_of, space_of, swept_strategy
from robustop_plugin.lab.trades import Evaluator
from robustop_plugin.runner.run import BacktestRun
from tests.support.score_landscapes import Hill, task

DASHBOARD = "127.0.0.1:0"
"""On this machine alone, at any port."""

distributed = pytest.importorskip("distributed", reason='Dask: pip install "robustop[dask]"')


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """Return two workers on this machine, each a process of its own with two threads."""
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=2, processes=True, host="127.0.0.1", dashboard_address=DASHBOARD
    ) as started:
        yield started


def swept(evaluator: Evaluator, what: Task, place: Workplace, path: Path) -> bytes:
    """Return the table of a grid."""
    table = Table(path, {})
    search("whole", FixedSampler(grid(what.space.dimensions)), evaluator, what, table, place, lambda _: None)
    table.finish()
    return path.read_bytes()


def test_a_cluster_leaves_the_same_table(cluster: Any, tmp_path: Path) -> None:
    """Byte by byte, over made-up trades."""
    alone = swept(Hill(), task(), Workplace(), tmp_path / "alone.jsonl")
    with workplace(1, "dask", cluster.scheduler_address) as place:
        assert place.jobs == 4
        assert swept(Hill(), task(), place, tmp_path / "shared.jsonl") == alone


def test_freqtrade_itself_runs_on_the_workers(
    cluster: Any, run: BacktestRun, tmp_path: Path, tell: Callable[[str], None]
) -> None:
    """Each worker prepares the run once; threads of one process do not disturb each other."""
    prepared = prepared_of(run)
    space = space_of(prepared, ["initial_stop_multiplier=2,3,4", "smart_trail_distance_percent=1,2"])
    subject = swept_strategy(prepared)
    what = Task(space, objective_of(subject, "profit", 1, ""), subject.window)
    alone = swept(FreqtradeEvaluator(run), what, Workplace(), tmp_path / "alone.jsonl")
    with workplace(1, "dask", cluster.scheduler_address) as place:
        assert swept(FreqtradeEvaluator(run), what, place, tmp_path / "shared.jsonl") == alone
        tell(f"{len(alone.splitlines()) - 1} settings on {len(cluster.workers)} workers")


def refused(scheduler: str | None) -> str:
    """Return why there is nowhere to work."""
    with pytest.raises(InvalidSettings) as refusal, workplace(1, "dask", scheduler):
        raise AssertionError
    told = str(refusal.value)
    del refusal
    # A client that found nobody is closed when it is collected: here, and not later, in the thread of the next client.
    gc.collect()
    return told


def test_a_cluster_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """No address, nobody at it, or no library: each says what to do."""
    monkeypatch.setattr("robustop_plugin.lab.sweep.search.workers.SECONDS_TO_CONNECT", 1)
    assert "needs --scheduler" in refused(None)
    assert "nobody answers there" in refused("tcp://127.0.0.1:9")
    assert "nobody answers there" in refused("nonsense://")
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert 'pip install "robustop[dask]"' in refused("tcp://127.0.0.1:9")


def test_a_cluster_without_workers_is_refused() -> None:
    """Nothing would ever finish."""
    with distributed.LocalCluster(n_workers=0, host="127.0.0.1", dashboard_address=DASHBOARD, processes=True) as idle:
        assert "it has no worker; run dask worker" in refused(idle.scheduler_address)
