"""A sweep from its plan to the result."""

import gc
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from robustop_plugin.core.errors import InvalidSettings
from robustop_plugin.lab.free_memory import return_memory
from robustop_plugin.lab.replay.ahead import AHEAD
from robustop_plugin.lab.replay.tiers import tier_for
from robustop_plugin.lab.sweep.evaluators.freqtrade import FreqtradeEvaluator, loaded_backtest, trades_of_fresh_run
from robustop_plugin.lab.sweep.evaluators.replay import PicklableReplay, compiled_replay
from robustop_plugin.lab.sweep.judging.deflated_sharpe import deflated_sharpe
from robustop_plugin.lab.sweep.judging.plateau import Candidate, rank_candidates, rate_candidates
from robustop_plugin.lab.sweep.judging.reality_check import RealityChecks, reality_checks
from robustop_plugin.lab.sweep.judging.verify import Difference, differences, settings_to_verify
from robustop_plugin.lab.sweep.judging.walk_forward import FoldResult, WalkForwardSetup, walk_forward
from robustop_plugin.lab.sweep.parameter_file import confirm_command, later_command, parameter_file_of, write_parameters
from robustop_plugin.lab.sweep.plan import ALL_CANDLES, Plan
from robustop_plugin.lab.sweep.scores.metrics import Metrics
from robustop_plugin.lab.sweep.search.results_table import ResultsTable, Row
from robustop_plugin.lab.sweep.search.samplers import FixedSampler, Sampler
from robustop_plugin.lab.sweep.search.search import ProgressCallback, search
from robustop_plugin.lab.sweep.search.workers import Task, Workers
from robustop_plugin.lab.sweep.space import Space
from robustop_plugin.lab.sweep.strategy import SweptStrategy, objective_of, space_of, swept_strategy
from robustop_plugin.lab.sweep.windows import Window
from robustop_plugin.lab.trades import Evaluator
from robustop_plugin.runner import progress
from robustop_plugin.runner.run import BacktestRun

BASELINE = "yours"
"""Name of the search that evaluates the settings in force. Tables of earlier sweeps contain it."""


class SweepResult(NamedTuple):
    """The result of a sweep.

    Attributes:
        strategy: The strategy whose stops were swept.
        space: The swept parameters and their values.
        baseline: Metrics of the settings in force.
        rows: Rows of the search over all candles.
        candidates: Settings that have a score, with the scores of their neighbors.
        chosen: The chosen candidate.
        deflated_sharpe: Probability that the chosen setting has skill, given the number of tries; None if the returns
            are constant.
        reality_check: Probability that chance alone does as well; None for less than two days.
        walk_forward: Results of the walk-forward test, one per fold.
    """

    strategy: SweptStrategy
    space: Space
    baseline: Metrics
    rows: list[Row]
    candidates: list[Candidate]
    chosen: Candidate
    deflated_sharpe: float | None
    reality_check: RealityChecks | None
    walk_forward: list[FoldResult]


class ExportedParameters(NamedTuple):
    """The exported parameters, and how to use them.

    Attributes:
        path: The parameter file.
        confirm_command: Command that runs Freqtrade with the parameters on the same candles.
        later_command: Command that runs Freqtrade with them on the candles after the sweep; None if the sweep had all.
    """

    path: Path
    confirm_command: str
    later_command: str | None


class Sweep:
    """One sweep.

    Attributes:
        plan: What the user asked for.
        strategy: The loaded strategy.
        space: The swept parameters and their values.
        table: The table of results.
        total_settings: Number of settings to evaluate, in all searches.
        verified_count: Number of settings that Freqtrade itself has run.
    """

    def __init__(self, plan: Plan) -> None:
        """Load the strategy and check the plan against it.

        Raises:
            RobustopError: One line that says what to do.
        """
        plan.validate()
        self.plan = plan
        progress.begin_section("")
        # Read the files again: an earlier sweep in this process may have written parameters.
        loaded_backtest.cache_clear()
        compiled_replay.cache_clear()
        self.strategy = swept_strategy(loaded_backtest(plan.run))
        self.space = space_of(self.strategy.loaded, plan.sets)
        self.objective = objective_of(self.strategy, plan.objective, plan.min_trades, plan.hyperopt_path)
        self.folds = plan.folds(self.strategy)
        self.table = ResultsTable(plan.out, plan.recorded(self.strategy, self.space, self.objective))
        self.verified_count = 0
        self.total_settings = 1 + plan.settings_per_search(self.space) * (1 + len(self.folds)) + 2 * len(self.folds)
        if plan.evaluator == "replay":
            AHEAD.start(
                sells_parts=self.strategy.loaded.settings.default.sells_parts,
                tier=tier_for(self.total_settings, self.strategy.candle_count),
            )
        if plan.evaluator == "replay" and self.objective.loss is None:
            # The replay has candles of its own, and the rest of a sweep needs none.
            loaded_backtest.cache_clear()
            self.strategy = self.strategy.without_candles()
            gc.collect()
            return_memory()

    def resume(self) -> None:
        """Load the rows of an interrupted sweep.

        Raises:
            InvalidSettings: There is no such table, or it belongs to another sweep.
        """
        self.table.resume()
        for row in self.table.rows_of(BASELINE):
            self.space.in_force.update(row.values)

    def run(self, workers: Workers, advance: ProgressCallback) -> SweepResult:
        """Evaluate the settings that are not in the table yet, and choose in_force.

        Raises:
            RobustopError: The evaluator does not model a setting, or no setting has a score.
        """
        evaluator = make_evaluator(self.plan.evaluator, self.plan.run)
        task = Task(self.space, self.objective, self.strategy.window)
        # An evaluator that rejects the settings does so here, before the long search.
        progress.begin_section("your settings")
        in_force = FixedSampler([self.space.baseline()])
        any_trades = task._replace(objective=self.objective.without_min_trades())
        evaluator.load()
        with workers.loading(evaluator):
            # Meanwhile this process may wait for the compiler.
            baseline_rows = search(BASELINE, in_force, evaluator, any_trades, self.table, Workers(), advance)
        progress.begin_section("all candles")
        rows = search(ALL_CANDLES, self._sampler(ALL_CANDLES), evaluator, task, self.table, workers, advance)
        candidates = self._candidates(rows)
        if not candidates:
            raise InvalidSettings(
                f"no setting has a score: none had {self.plan.min_trades} trades; give a longer --timerange, "
                "or fewer with --min-trades"
            )
        chosen = self.ranked(candidates)[0]
        setup = WalkForwardSetup(task, self.table, workers, self._evaluator_between, self._sampler, self._choose)
        fold_results = walk_forward(setup, self.folds, advance)
        self.table.rewrite_sorted()
        tried, baseline = [row.metrics for row in rows], baseline_rows[0].metrics
        sharpe = deflated_sharpe(chosen.row.metrics, tried)
        checks = reality_checks(chosen.row.metrics, tried, baseline, self.plan.seed)
        return SweepResult(
            strategy=self.strategy,
            space=self.space,
            baseline=baseline,
            rows=rows,
            candidates=candidates,
            chosen=chosen,
            deflated_sharpe=sharpe,
            reality_check=checks,
            walk_forward=fold_results,
        )

    def verify(self, result: SweepResult, count: int, advance: ProgressCallback) -> list[Difference]:
        """Run Freqtrade itself on the settings setting and some others; return the differences to the sweep."""
        evaluator = make_evaluator(self.plan.evaluator, self.plan.run)
        found: list[Difference] = []
        self.verified_count = 0
        settings = settings_to_verify(result.chosen.row, result.rows, count)
        for number, values in enumerate(settings, start=1):
            progress.begin_section(f"Freqtrade itself, {number} of {len(settings)}")
            block = self.space.block(values)
            host = trades_of_fresh_run(self.plan.run, self.strategy.loaded.settings, block)
            found += differences(values, evaluator.trades(block), host)
            self.verified_count += 1
            advance(1)
        return found

    def export(self, result: SweepResult, path: Path | None) -> ExportedParameters:
        """Write the chosen values to a parameter file.

        Args:
            result: Result of the sweep.
            path: File to write; None for the file that Freqtrade loads.

        Raises:
            InvalidSettings: The file cannot be written.
        """
        file = self.strategy.file
        target = parameter_file_of(file) if path is None else path
        write_parameters(target, file, self.plan.run.strategy, result.chosen.row.values)
        return ExportedParameters(target, confirm_command(self.plan.run, target, file), later_command(self.plan.run))

    @property
    def results_path(self) -> Path:
        """The file with the result as JSON, beside the table."""
        return self.table.path.with_name(f"{self.table.path.stem}.found.json")

    def ranked(self, candidates: Sequence[Candidate]) -> list[Candidate]:
        """Return candidates from best to worst, in the order used to choose."""
        return rank_candidates(candidates, by_plateau=self.plan.by_plateau)

    def _sampler(self, name: str) -> Sampler:
        return self.plan.make_sampler(self.space, name, self.table.plan)

    def _evaluator_between(self, window: Window) -> Evaluator:
        return make_evaluator(self.plan.evaluator, self.plan.run.between(*window))

    def _candidates(self, rows: Sequence[Row]) -> list[Candidate]:
        return rate_candidates(rows, self.space.dimensions, whole_grid=self.plan.sampler == "grid")

    def _choose(self, rows: Sequence[Row]) -> Candidate | None:
        return next(iter(self.ranked(self._candidates(rows))), None)


def make_evaluator(name: str, run: BacktestRun) -> Evaluator:
    """Return an evaluator.

    Args:
        name: `replay` or `freqtrade`.
        run: The backtest whose entries are evaluated.
    """
    return FreqtradeEvaluator(run) if name == "freqtrade" else PicklableReplay(run)
