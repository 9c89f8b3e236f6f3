"""A sweep in this process: what `robustop sweep --jobs 1` does with each setting, its preparations timed apart."""

import gc
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

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
    """What comes once, before the first setting, in seconds.

    Attributes:
        candles_and_indicators: loading the strategy and its candles, and analyzing them.
        replay: signals, limits and machine code, compiled where this build was never run before.
    """

    candles_and_indicators: float
    replay: float


class Pass(NamedTuple):
    """Some settings, evaluated once.

    Attributes:
        seconds: for all of them.
        measured: what came of each, in their order.
    """

    seconds: float
    measured: list[Metrics]

    @property
    def rate(self) -> float:
        """Settings per second."""
        return len(self.measured) / self.seconds


class Sweeper(NamedTuple):
    """A strategy, ready to be replayed.

    Attributes:
        session: of its sweep.
        evaluator: the replay.
        preparation: what it took.
    """

    session: Sweep
    evaluator: Evaluator
    preparation: Preparation

    def evaluate(self, settings: Sequence[Values]) -> Pass:
        """Return what comes of some settings: the trades of each, and the numbers that a sweep keeps of them."""
        return self._timed(settings, lambda task, batch: [evaluate_chunk(self.evaluator, task, batch)])

    def evaluate_on(self, cores: int, settings: Sequence[Values]) -> Pass:
        """Return the same, evaluated by as many processes, which stay for the next time."""
        return self._timed(settings, partial(Workers(cores).evaluate, self.evaluator))

    def _timed(self, settings: Sequence[Values], evaluate: Callable[[Task, Batch], Iterable[Found]]) -> Pass:
        task = Task(self.session.space, self.session.objective, self.session.strategy.window)
        batch = list(enumerate(settings))
        gc.collect()
        started = time.perf_counter()
        found = dict(row for chunk in evaluate(task, batch) for row in chunk)
        seconds = time.perf_counter() - started
        return Pass(seconds, [found[number] for number, _ in batch])


def sweeper_of(run: BacktestRun, folder: Path) -> Sweeper:
    """Prepare a sweep of everything that may be tuned.

    Args:
        run: strategy and candles.
        folder: for the table.
    """
    started = time.perf_counter()
    session = Sweep(Plan(run, objective=OBJECTIVE, min_trades=1, out=folder / "sweep.jsonl"))
    loaded = time.perf_counter()
    evaluator = make_evaluator("replay", run)
    evaluator.trades(session.space.block({}))
    return Sweeper(session, evaluator, Preparation(loaded - started, time.perf_counter() - loaded))
