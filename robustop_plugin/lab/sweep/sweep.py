"""A sweep from its plan to what was found."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from robustop_plugin.core.errors import InvalidSettings
from robustop_plugin.lab.sweep.evaluators.freqtrade import FreqtradeEvaluator, prepared_of, trades_of_a_fresh_run
from robustop_plugin.lab.sweep.evaluators.replay import Replayed, replay_of
from robustop_plugin.lab.sweep.judging.deflated_sharpe import deflated_sharpe
from robustop_plugin.lab.sweep.judging.plateau import Judged, judge, ranked
from robustop_plugin.lab.sweep.judging.reality_check import Chance, chance_of
from robustop_plugin.lab.sweep.judging.verify import Difference, differences, sample
from robustop_plugin.lab.sweep.judging.walk_forward import Step, Walk, walk_forward
from robustop_plugin.lab.sweep.parameter_file import confirmation, continuation, file_beside, write_parameters
from robustop_plugin.lab.sweep.plan import WHOLE, Plan
from robustop_plugin.lab.sweep.scores.metrics import Measured
from robustop_plugin.lab.sweep.search.results_table import Row, Table
from robustop_plugin.lab.sweep.search.samplers import FixedSampler, Sampler
from robustop_plugin.lab.sweep.search.search import Advance, search
from robustop_plugin.lab.sweep.search.workers import Task, Workplace
from robustop_plugin.lab.sweep.space import Space
from robustop_plugin.lab.sweep.strategy import SweptStrategy, objective_of, space_of, swept_strategy
from robustop_plugin.lab.sweep.windows import Window
from robustop_plugin.lab.trades import Evaluator
from robustop_plugin.runner import progress
from robustop_plugin.runner.run import BacktestRun

YOURS = "yours"
"""The search of one setting: the one in force."""


class Found(NamedTuple):
    """What a sweep found.

    Attributes:
        subject: whose stops they are.
        space: what was swept.
        yours: what the settings in force bring.
        rows: of the search over all candles.
        judged: those that have a score, with their neighbourhoods.
        chosen: of them.
        skill: how likely the chosen one has any skill after so many tries; None where nothing varies.
        chance: how likely chance alone looks as good; None for less than two days.
        steps: of the walk-forward test.
    """

    subject: SweptStrategy
    space: Space
    yours: Measured
    rows: list[Row]
    judged: list[Judged]
    chosen: Judged
    skill: float | None
    chance: Chance | None
    steps: list[Step]


class Written(NamedTuple):
    """The end of a sweep.

    Attributes:
        path: of the file of parameters.
        command: that runs Freqtrade with it on the same candles.
        later: that runs Freqtrade with it on the candles after these; None where all there are were swept.
    """

    path: Path
    command: str
    later: str | None


class Sweep:
    """One sweep.

    Attributes:
        plan: what is asked for.
        subject: the strategy, ready.
        space: what is swept.
        table: of its rows.
        size: settings that are evaluated in all.
        verified: settings that Freqtrade itself has run.
    """

    def __init__(self, plan: Plan) -> None:
        """Load the strategy and check the plan against it.

        Raises:
            RobustopError: one line that says what to do.
        """
        plan.check()
        self.plan = plan
        progress.chapter("")
        # From the files as they are now: the sweep before may have written parameters.
        prepared_of.cache_clear()
        replay_of.cache_clear()
        self.subject = swept_strategy(prepared_of(plan.run))
        self.space = space_of(self.subject.prepared, plan.sets)
        self.objective = objective_of(self.subject, plan.objective, plan.least_trades, plan.loss_folder)
        self.folds = plan.folds(self.subject)
        self.table = Table(plan.out, plan.facts(self.subject, self.space, self.objective))
        self.verified = 0
        self.size = 1 + plan.size(self.space) * (1 + len(self.folds)) + 2 * len(self.folds)

    def resume(self) -> None:
        """Take over the rows of an interrupted sweep.

        Raises:
            InvalidSettings: there is no such table, or it is another sweep's.
        """
        self.table.resume()
        for row in self.table.of(YOURS):
            self.space.in_force.update(row.values)

    def sweep(self, place: Workplace, advance: Advance) -> Found:
        """Evaluate what is not in the table yet, and choose.

        Raises:
            RobustopError: the evaluator does not model a setting, or no setting has a score.
        """
        evaluator = evaluator_of(self.plan.evaluator, self.plan.run)
        task = Task(self.space, self.objective, self.subject.window)
        # Where the evaluator refuses, it does so now.
        progress.chapter("your settings")
        one = FixedSampler([self.space.yours()])
        any_trades = task._replace(objective=self.objective.of_any_trades())
        yours = search(YOURS, one, evaluator, any_trades, self.table, Workplace(), advance)
        progress.chapter("all candles")
        rows = search(WHOLE, self._sampler(WHOLE), evaluator, task, self.table, place, advance)
        judged = self._judge(rows)
        if not judged:
            raise InvalidSettings(
                f"no setting has a score: none had {self.plan.least_trades} trades; give a longer --timerange, "
                "or fewer with --min-trades"
            )
        chosen = self.ranked(judged)[0]
        walk = Walk(task, self.table, place, self._evaluator_between, self._sampler, self._choose)
        steps = walk_forward(walk, self.folds, advance)
        self.table.finish()
        tried, in_force = [row.measured for row in rows], yours[0].measured
        skill = deflated_sharpe(chosen.row.measured, tried)
        chance = chance_of(chosen.row.measured, tried, in_force, self.plan.seed)
        return Found(self.subject, self.space, in_force, rows, judged, chosen, skill, chance, steps)

    def verify(self, found: Found, count: int, advance: Advance) -> list[Difference]:
        """Return what differs between the sweep and Freqtrade itself, on the chosen setting and some others."""
        evaluator = evaluator_of(self.plan.evaluator, self.plan.run)
        different: list[Difference] = []
        self.verified = 0
        chosen = sample(found.chosen.row, found.rows, count)
        for number, values in enumerate(chosen, start=1):
            progress.chapter(f"Freqtrade itself, {number} of {len(chosen)}")
            block = self.space.block(values)
            host = trades_of_a_fresh_run(self.plan.run, self.subject.prepared.settings, block)
            different += differences(values, evaluator.trades(block), host)
            self.verified += 1
            advance(1)
        return different

    def export(self, found: Found, path: Path | None) -> Written:
        """Write the chosen values where Freqtrade loads them, or somewhere else.

        Raises:
            InvalidSettings: the file cannot be written.
        """
        file = self.subject.file
        target = file_beside(file) if path is None else path
        write_parameters(target, file, self.plan.run.strategy, found.chosen.row.values)
        return Written(target, confirmation(self.plan.run, target, file), continuation(self.plan.run))

    @property
    def findings(self) -> Path:
        """The file with what was found, beside the table."""
        return self.table.path.with_name(f"{self.table.path.stem}.found.json")

    def ranked(self, judged: Sequence[Judged]) -> list[Judged]:
        """Return settings from the best to the worst, as they are chosen."""
        return ranked(judged, by_plateau=self.plan.by_plateau)

    def _sampler(self, name: str) -> Sampler:
        return self.plan.sampler_of(self.space, name, self.table.plan)

    def _evaluator_between(self, window: Window) -> Evaluator:
        return evaluator_of(self.plan.evaluator, self.plan.run.between(*window))

    def _judge(self, rows: Sequence[Row]) -> list[Judged]:
        return judge(rows, self.space.dimensions, whole_grid=self.plan.sampler == "grid")

    def _choose(self, rows: Sequence[Row]) -> Judged | None:
        return next(iter(self.ranked(self._judge(rows))), None)


def evaluator_of(name: str, run: BacktestRun) -> Evaluator:
    """Return an evaluator of a run.

    Args:
        name: `replay` or `freqtrade`.
        run: over whose candles.
    """
    return FreqtradeEvaluator(run) if name == "freqtrade" else Replayed(run)
