"""A sweep in this process, as `robustop sweep --jobs 1` runs it, with its preparation timed separately."""

import gc
import os
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch

from robustop_plugin.lab.replay.tiers import CODE, Tier
from robustop_plugin.lab.sweep.plan import Plan
from robustop_plugin.lab.sweep.scores.metrics import Metrics
from robustop_plugin.lab.sweep.search.samplers import Batch
from robustop_plugin.lab.sweep.search.workers import Task, Workers, evaluate_chunk
from robustop_plugin.lab.sweep.space import Values
from robustop_plugin.lab.sweep.sweep import Sweep, make_evaluator
from robustop_plugin.lab.trades import Evaluator
from robustop_plugin.runner.run import BacktestRun

OBJECTIVE = "profit"
Found = list[tuple[int, Metrics]]


class Preparation(NamedTuple):
    """Seconds spent once, before the first setting.

    Attributes:
        candles_and_indicators: Loading strategy and candles, and analyzing them.
        replay: Building the replay, with compilation on the first run of a build.
    """

    candles_and_indicators: float
    replay: float


class Pass(NamedTuple):
    """Some settings, evaluated once.

    Attributes:
        seconds: Seconds for all of them.
        metrics: Metrics of each, in order.
    """

    seconds: float
    metrics: list[Metrics]

    @property
    def rate(self) -> float:
        """Settings per second."""
        return len(self.metrics) / self.seconds


class Sweeper(NamedTuple):
    """A strategy that is ready to be replayed.

    Attributes:
        sweep: The sweep.
        evaluator: The replay.
        preparation: Seconds of the preparation.
    """

    sweep: Sweep
    evaluator: Evaluator
    preparation: Preparation

    def evaluate(self, settings: Sequence[Values]) -> Pass:
        """Evaluate some settings: their trades, and the metrics that a sweep keeps."""
        return self._timed(settings, lambda task, batch: [evaluate_chunk(self.evaluator, task, batch)])

    def evaluate_on(self, cores: int, settings: Sequence[Values]) -> Pass:
        """Evaluate some settings with this many processes, which are reused."""
        return self._timed(settings, partial(Workers(cores).evaluate, self.evaluator))

    def _timed(self, settings: Sequence[Values], evaluate: Callable[[Task, Batch], Iterable[Found]]) -> Pass:
        task = Task(self.sweep.space, self.sweep.objective, self.sweep.strategy.window)
        batch = list(enumerate(settings))
        gc.collect()
        started = time.perf_counter()
        found = dict(row for chunk in evaluate(task, batch) for row in chunk)
        seconds = time.perf_counter() - started
        return Pass(seconds, [found[number] for number, _ in batch])


def sweeper_of(run: BacktestRun, folder: Path) -> Sweeper:
    """Prepare a sweep of all tunable parameters, with the code of a long one.

    Args:
        run: Strategy and candles.
        folder: Folder for the table.
    """
    started = time.perf_counter()
    with patch.dict(os.environ, {CODE: Tier.FULL}):
        sweep = Sweep(Plan(run, objective=OBJECTIVE, min_trades=1, out=folder / "sweep.jsonl"))
        loaded = time.perf_counter()
        evaluator = make_evaluator("replay", run)
        evaluator.trades(sweep.space.block({}))
    return Sweeper(sweep, evaluator, Preparation(loaded - started, time.perf_counter() - loaded))
