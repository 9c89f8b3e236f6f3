"""The walk-forward test: settings are chosen on the train alone, and judged on the test that follows.

The evaluator of a train is made for the train's window: no candle of the test is loaded before the choice is made.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from robustop_plugin.lab.sweep.judging.plateau import Judged
from robustop_plugin.lab.sweep.scores.metrics import Measured
from robustop_plugin.lab.sweep.search.results_table import Row, Table
from robustop_plugin.lab.sweep.search.samplers import FixedSampler, Sampler
from robustop_plugin.lab.sweep.search.search import Advance, search
from robustop_plugin.lab.sweep.search.workers import Task, Workplace
from robustop_plugin.lab.sweep.space import Values
from robustop_plugin.lab.sweep.windows import Fold, Window
from robustop_plugin.lab.trades import Evaluator
from robustop_plugin.runner import progress


class Step(NamedTuple):
    """One step of the test.

    Attributes:
        fold: its windows.
        values: that were chosen on the train.
        train: what they brought there.
        test: what they brought on the test.
        yours: what the settings in force brought on the test.
    """

    fold: Fold
    values: Values
    train: Measured
    test: Measured
    yours: Measured


class Walk(NamedTuple):
    """What the steps share.

    Attributes:
        task: its window is each step's own.
        table: of the sweep.
        place: who does the work.
        evaluator_of: makes the evaluator of a window.
        sampler_of: makes the sampler of a search by its name.
        choose: the choice among the rows of a train.
    """

    task: Task
    table: Table
    place: Workplace
    evaluator_of: Callable[[Window], Evaluator]
    sampler_of: Callable[[str], Sampler]
    choose: Callable[[Sequence[Row]], Judged | None]


def walk_forward(walk: Walk, steps: Sequence[Fold], advance: Advance) -> list[Step]:
    """Return what each step brought; a step on whose train no setting has a score is left out."""
    done = []
    for number, fold in enumerate(steps, start=1):
        train = walk.task._replace(window=fold.train)
        progress.chapter(f"walk-forward, train {number} of {len(steps)}")
        name, evaluator = f"train {number}", walk.evaluator_of(fold.train)
        rows = search(name, walk.sampler_of(name), evaluator, train, walk.table, walk.place, advance)
        chosen = walk.choose(rows)
        if chosen is None:
            continue
        both = FixedSampler([chosen.row.values, walk.task.space.yours()])
        progress.chapter(f"walk-forward, test {number} of {len(steps)}")
        # A test is short, and judged whatever it has.
        test = Task(walk.task.space, walk.task.objective.of_any_trades(), fold.test)
        judged = search(f"test {number}", both, walk.evaluator_of(fold.test), test, walk.table, Workplace(), advance)
        done.append(Step(fold, chosen.row.values, chosen.row.measured, *(row.measured for row in judged)))
    return done
