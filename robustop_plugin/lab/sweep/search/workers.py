"""Evaluates settings in chunks: in this process, in several processes, or on a Dask cluster (by joblib)."""

from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from typing import Any, NamedTuple

from joblib import Parallel, delayed, parallel_config

from robustop_plugin.core.errors import InvalidSettings, RobustopError
from robustop_plugin.lab.sweep.scores.metrics import Metrics, compute_metrics
from robustop_plugin.lab.sweep.scores.objective import Objective
from robustop_plugin.lab.sweep.search.samplers import Batch
from robustop_plugin.lab.sweep.space import Space
from robustop_plugin.lab.sweep.windows import Window
from robustop_plugin.lab.trades import Evaluator

CHUNKS_PER_JOB = 8
LONGEST_CHUNK = 64
CONNECT_TIMEOUT = 10

INSTALL_DASK = 'a Dask cluster needs a library that is not installed: pip install "robustop[dask]"'


class Task(NamedTuple):
    """How each setting is evaluated.

    Attributes:
        space: Turns values into a settings block.
        objective: Scores the trades.
        window: Time window of the trades.
    """

    space: Space
    objective: Objective
    window: Window


class Workers(NamedTuple):
    """The processes that evaluate settings.

    Attributes:
        jobs: Number of processes, on this machine or in the cluster.
        backend: `loky` for this machine, `dask` for a cluster.
    """

    jobs: int = 1
    backend: str = "loky"

    def evaluate(self, evaluator: Evaluator, task: Task, batch: Batch) -> Iterator[list[tuple[int, Metrics]]]:
        """Yield metrics by number, chunk by chunk as they finish, in any order."""
        # Send the evaluator to each worker of a cluster once, not with every chunk.
        more: dict[str, Any] = {"scatter": [evaluator]} if self.backend == "dask" else {}
        with parallel_config(backend=self.backend, n_jobs=self.jobs, **more):
            parallel = Parallel(return_as="generator_unordered")
            yield from parallel(delayed(evaluate_chunk)(evaluator, task, chunk) for chunk in self._chunks(batch))

    @contextmanager
    def loading(self, evaluator: Evaluator) -> Iterator[None]:
        """Let the other processes of this machine load while the block runs, and wait for them at its end.

        An error ends them. What they cannot load, they report when they evaluate.
        """
        if self.jobs == 1 or self.backend != "loky":
            yield
            return
        with parallel_config(backend=self.backend, n_jobs=self.jobs):
            # A process is busy for so long that the next task goes to another one.
            loads: Any = Parallel(return_as="generator_unordered")(delayed(load)(evaluator) for _ in range(self.jobs))
        with closing(loads):
            yield
            for _ in loads:
                pass

    def _chunks(self, batch: Batch) -> Iterator[Batch]:
        length = max(1, min(LONGEST_CHUNK, len(batch) // (self.jobs * CHUNKS_PER_JOB)))
        for start in range(0, len(batch), length):
            yield batch[start : start + length]


def load(evaluator: Evaluator) -> None:
    """Load what an evaluator needs in this process, if that succeeds."""
    with suppress(RobustopError):
        evaluator.load()


def evaluate_chunk(evaluator: Evaluator, task: Task, chunk: Batch) -> list[tuple[int, Metrics]]:
    """Return number and metrics of each setting in a chunk."""
    results = evaluator.all_trades(task.space.block(values) for _, values in chunk)
    return [
        (number, compute_metrics(trades, task.objective, task.window))
        for (number, _), trades in zip(chunk, results, strict=True)
    ]


@contextmanager
def connect_workers(jobs: int, backend: str, scheduler: str | None) -> Iterator[Workers]:
    """Yield the workers, connected for the duration of the block.

    Args:
        jobs: Number of processes on this machine.
        backend: `loky` or `dask`.
        scheduler: Address of a Dask scheduler.

    Raises:
        InvalidSettings: The Dask library is missing, or no scheduler answers at the address.
    """
    if backend != "dask":
        yield Workers(jobs)
        return
    if scheduler is None:
        raise InvalidSettings("--backend dask needs --scheduler, as in --scheduler tcp://127.0.0.1:8786")
    try:
        from distributed import Client  # noqa: PLC0415 (an extra)
    except ImportError as error:
        raise InvalidSettings(INSTALL_DASK) from error
    try:
        client: Any = Client(scheduler, timeout=CONNECT_TIMEOUT)  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as error:
        raise InvalidSettings(f"--scheduler was {scheduler}: no scheduler answers there; run dask scheduler") from error
    with client:
        cores = sum(client.ncores().values())
        if not cores:
            raise InvalidSettings(f"--scheduler was {scheduler}: it has no worker; run dask worker {scheduler}")
        yield Workers(cores, "dask")
