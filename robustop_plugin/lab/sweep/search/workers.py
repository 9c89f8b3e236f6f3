"""Settings evaluated in chunks: here, in more processes, or on a Dask cluster, by joblib."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from joblib import Parallel, delayed, parallel_config

from robustop_plugin.core.errors import InvalidSettings
from robustop_plugin.lab.sweep.scores.metrics import Measured, measure
from robustop_plugin.lab.sweep.scores.objective import Objective
from robustop_plugin.lab.sweep.search.samplers import Batch
from robustop_plugin.lab.sweep.space import Space
from robustop_plugin.lab.sweep.windows import Window
from robustop_plugin.lab.trades import Evaluator

CHUNKS_PER_JOB = 8
LONGEST_CHUNK = 64
SECONDS_TO_CONNECT = 10

INSTALL_DASK = 'a Dask cluster needs a library that is not there: pip install "robustop[dask]"'


class Task(NamedTuple):
    """What is done with each setting.

    Attributes:
        space: makes a block of its values.
        objective: scores its trades.
        window: in which they were made.
    """

    space: Space
    objective: Objective
    window: Window


class Workplace(NamedTuple):
    """Who does the work.

    Attributes:
        jobs: processes of this machine, or of the cluster.
        backend: `loky` for this machine, `dask` for a cluster.
    """

    jobs: int = 1
    backend: str = "loky"

    def evaluate(self, evaluator: Evaluator, task: Task, batch: Batch) -> Iterator[list[tuple[int, Measured]]]:
        """Yield what came of the settings, chunk by chunk as they finish, in any order."""
        # Sent to each worker of a cluster once, and not with every chunk.
        more: dict[str, Any] = {"scatter": [evaluator]} if self.backend == "dask" else {}
        with parallel_config(backend=self.backend, n_jobs=self.jobs, **more):
            parallel = Parallel(return_as="generator_unordered")
            yield from parallel(delayed(work)(evaluator, task, chunk) for chunk in self._chunks(batch))

    def _chunks(self, batch: Batch) -> Iterator[Batch]:
        length = max(1, min(LONGEST_CHUNK, len(batch) // (self.jobs * CHUNKS_PER_JOB)))
        for start in range(0, len(batch), length):
            yield batch[start : start + length]


def work(evaluator: Evaluator, task: Task, chunk: Batch) -> list[tuple[int, Measured]]:
    """Return what came of each setting of a chunk."""
    found = evaluator.all_trades(task.space.block(values) for _, values in chunk)
    return [
        (number, measure(trades, task.objective, task.window)) for (number, _), trades in zip(chunk, found, strict=True)
    ]


@contextmanager
def workplace(jobs: int, backend: str, scheduler: str | None) -> Iterator[Workplace]:
    """Yield where the work is done, connected for as long as it takes.

    Args:
        jobs: processes of this machine.
        backend: `loky` or `dask`.
        scheduler: address of a Dask cluster's scheduler.

    Raises:
        InvalidSettings: the cluster's library is missing, or nobody answers at its address.
    """
    if backend != "dask":
        yield Workplace(jobs)
        return
    if scheduler is None:
        raise InvalidSettings("--backend dask needs --scheduler, as in --scheduler tcp://127.0.0.1:8786")
    try:
        from distributed import Client  # noqa: PLC0415 (an extra)
    except ImportError as error:
        raise InvalidSettings(INSTALL_DASK) from error
    try:
        client: Any = Client(scheduler, timeout=SECONDS_TO_CONNECT)  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as error:
        raise InvalidSettings(f"--scheduler was {scheduler}: nobody answers there; run dask scheduler") from error
    with client:
        cores = sum(client.ncores().values())
        if not cores:
            raise InvalidSettings(f"--scheduler was {scheduler}: it has no worker; run dask worker {scheduler}")
        yield Workplace(cores, "dask")
