"""The walk-forward test: settings are chosen on a training window and tested on the window that follows.

The evaluator of a training window loads no candle of the test window.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from robustop_plugin.lab.sweep.judging.plateau import Candidate
from robustop_plugin.lab.sweep.scores.metrics import Metrics
from robustop_plugin.lab.sweep.search.results_table import ResultsTable, Row
from robustop_plugin.lab.sweep.search.samplers import FixedSampler, Sampler
from robustop_plugin.lab.sweep.search.search import ProgressCallback, search
from robustop_plugin.lab.sweep.search.workers import Task, Workers
from robustop_plugin.lab.sweep.space import Values
from robustop_plugin.lab.sweep.windows import Fold, Window
from robustop_plugin.lab.trades import Evaluator
from robustop_plugin.runner import progress


class FoldResult(NamedTuple):
    """The result of one fold.

    Attributes:
        fold: Training and test window.
        values: Values chosen on the training window.
        train: Metrics of the chosen setting on the training window.
        test: Metrics of the chosen setting on the test window.
        baseline: Metrics of the settings in force on the test window.
    """

    fold: Fold
    values: Values
    train: Metrics
    test: Metrics
    baseline: Metrics


class WalkForwardSetup(NamedTuple):
    """What all folds share.

    Attributes:
        task: How settings are evaluated; each fold replaces the window.
        table: Table of the sweep.
        workers: The processes that evaluate.
        make_evaluator: Returns the evaluator of a window.
        make_sampler: Returns the sampler of a search by name.
        choose: Chooses among the rows of a training window.
    """

    task: Task
    table: ResultsTable
    workers: Workers
    make_evaluator: Callable[[Window], Evaluator]
    make_sampler: Callable[[str], Sampler]
    choose: Callable[[Sequence[Row]], Candidate | None]


def walk_forward(setup: WalkForwardSetup, folds: Sequence[Fold], advance: ProgressCallback) -> list[FoldResult]:
    """Return the result of each fold; a fold without a score on its training window is left out."""
    results = []
    for number, fold in enumerate(folds, start=1):
        train = setup.task._replace(window=fold.train)
        progress.begin_section(f"walk-forward, train {number} of {len(folds)}")
        name, evaluator = f"train {number}", setup.make_evaluator(fold.train)
        rows = search(name, setup.make_sampler(name), evaluator, train, setup.table, setup.workers, advance)
        chosen = setup.choose(rows)
        if chosen is None:
            continue
        both = FixedSampler([chosen.row.values, setup.task.space.baseline()])
        progress.begin_section(f"walk-forward, test {number} of {len(folds)}")
        # A test window is short: it is scored with any number of trades.
        test = Task(setup.task.space, setup.task.objective.without_min_trades(), fold.test)
        rows_on_test = search(
            f"test {number}", both, setup.make_evaluator(fold.test), test, setup.table, Workers(), advance
        )
        results.append(FoldResult(fold, chosen.row.values, chosen.row.metrics, *(row.metrics for row in rows_on_test)))
    return results
