"""A sweep on a Dask cluster of two processes."""

import gc
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from robustop_plugin.core.errors import InvalidSettings
from robustop_plugin.lab.sweep.evaluators.freqtrade import FreqtradeEvaluator, loaded_backtest
from robustop_plugin.lab.sweep.search.results_table import ResultsTable
from robustop_plugin.lab.sweep.search.samplers import FixedSampler, grid_settings
from robustop_plugin.lab.sweep.search.search import search
from robustop_plugin.lab.sweep.search.workers import Task, Workers, connect_workers
from robustop_plugin.lab.sweep.strategy import objective_of, space_of, swept_strategy
from robustop_plugin.lab.trades import Evaluator
from robustop_plugin.runner.run import BacktestRun
from tests.support.score_landscapes import Hill, task

DASHBOARD = "127.0.0.1:0"
"""On this machine only, at a free port."""

distributed = pytest.importorskip("distributed", reason='Dask: pip install "robustop[dask]"')


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """Return a cluster of two worker processes on this machine, with two threads each."""
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=2, processes=True, host="127.0.0.1", dashboard_address=DASHBOARD
    ) as started:
        yield started


def swept(evaluator: Evaluator, workload: Task, workers: Workers, path: Path) -> bytes:
    """Return the table of a grid search."""
    table = ResultsTable(path, {})
    search(
        "whole",
        FixedSampler(grid_settings(workload.space.dimensions)),
        evaluator,
        workload,
        table,
        workers,
        lambda _: None,
    )
    table.rewrite_sorted()
    return path.read_bytes()


def test_a_cluster_leaves_the_same_table(cluster: Any, tmp_path: Path) -> None:
    """The table of made-up trades is equal byte by byte."""
    expected = swept(Hill(), task(), Workers(), tmp_path / "alone.jsonl")
    with connect_workers(1, "dask", cluster.scheduler_address) as workers:
        assert workers.jobs == 4
        assert swept(Hill(), task(), workers, tmp_path / "shared.jsonl") == expected


def test_freqtrade_itself_runs_on_the_workers(
    cluster: Any, run: BacktestRun, tmp_path: Path, tell: Callable[[str], None]
) -> None:
    """Each worker loads the run once; threads of one process do not interfere."""
    loaded = loaded_backtest(run)
    space = space_of(loaded, ["initial_stop_multiplier=2,3,4", "smart_trail_distance_percent=1,2"])
    strategy = swept_strategy(loaded)
    workload = Task(space, objective_of(strategy, "profit", 1, ""), strategy.window)
    expected = swept(FreqtradeEvaluator(run), workload, Workers(), tmp_path / "alone.jsonl")
    with connect_workers(1, "dask", cluster.scheduler_address) as workers:
        assert swept(FreqtradeEvaluator(run), workload, workers, tmp_path / "shared.jsonl") == expected
        tell(f"{len(expected.splitlines()) - 1} settings on {len(cluster.workers)} workers")


def refused(scheduler: str | None) -> str:
    """Return the error of connecting to a cluster."""
    with pytest.raises(InvalidSettings) as refusal, connect_workers(1, "dask", scheduler):
        raise AssertionError
    message = str(refusal.value)
    del refusal
    # A client that failed to connect closes when it is collected: now, not later in the next client's thread.
    gc.collect()
    return message


def test_a_cluster_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing address, scheduler or library is reported with what to do."""
    monkeypatch.setattr("robustop_plugin.lab.sweep.search.workers.CONNECT_TIMEOUT", 1)
    assert "needs --scheduler" in refused(None)
    assert "no scheduler answers there" in refused("tcp://127.0.0.1:9")
    assert "no scheduler answers there" in refused("nonsense://")
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert 'pip install "robustop[dask]"' in refused("tcp://127.0.0.1:9")


def test_a_cluster_without_workers_is_refused() -> None:
    """A search without workers would never finish."""
    with distributed.LocalCluster(n_workers=0, host="127.0.0.1", dashboard_address=DASHBOARD, processes=True) as idle:
        assert "it has no worker; run dask worker" in refused(idle.scheduler_address)
