"""The walk-forward test never uses a test window before the choice is made."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from robustop_plugin.lab.sweep.judging.plateau import rank_candidates, rate_candidates
from robustop_plugin.lab.sweep.judging.walk_forward import FoldResult, WalkForwardSetup, walk_forward
from robustop_plugin.lab.sweep.plan import Plan
from robustop_plugin.lab.sweep.search.results_table import ResultsTable
from robustop_plugin.lab.sweep.search.samplers import FixedSampler, grid_settings
from robustop_plugin.lab.sweep.search.workers import Workers
from robustop_plugin.lab.sweep.sweep import Sweep
from robustop_plugin.lab.sweep.windows import Window, make_folds
from robustop_plugin.lab.trades import Trades
from robustop_plugin.runner.run import BacktestRun, load_backtest
from robustop_plugin.settings import RobustopBlock
from tests.support.score_landscapes import HOUR, STOP, TRAIL, WINDOW, Hill, made_up, task

FOLDS = make_folds(WINDOW, 3, 2, HOUR, anchored=True)
PLAN = {
    "sets": ("initial_stop_multiplier=2,4", "smart_trail_distance_percent=1,3"),
    "sampler": "grid",
    "min_trades": 1,
    "evaluator": "freqtrade",
    "walk_forward_tests": 2,
    "train_windows": 2,
}


def walked(make_evaluator: Callable[[Window], Hill], folder: Path, min_trades: int = 1) -> list[FoldResult]:
    """Return the results of the folds over made-up trades."""
    workload = task(least_trades=min_trades)
    dimensions = workload.space.dimensions
    setup = WalkForwardSetup(
        task=workload,
        table=ResultsTable(folder / "t.jsonl", {}),
        workers=Workers(),
        make_evaluator=make_evaluator,
        make_sampler=lambda _: FixedSampler(grid_settings(dimensions)),
        choose=lambda rows: next(iter(rank_candidates(rate_candidates(rows, dimensions, whole_grid=True))), None),
    )
    return walk_forward(setup, FOLDS, lambda _: None)


def test_only_the_chosen_and_yours_see_the_test(tmp_path: Path) -> None:
    """A training window sees every setting, its test window only the chosen one and then the baseline."""
    made: list[tuple[Window, Hill]] = []

    def make_evaluator(window: Window) -> Hill:
        made.append((window, Hill()))
        return made[-1][1]

    steps = walked(make_evaluator, tmp_path)
    assert [window for window, _ in made] == [window for fold in FOLDS for window in fold]
    assert [len(hill.asked) for _, hill in made] == [20, 2] * 3
    space = task().space
    assert [dict(step.values) for step in steps] == [{STOP: 3.0, TRAIL: 2.0}] * 3
    for step, (_, hill) in zip(steps, made[1::2], strict=True):
        assert hill.asked == [space.block(step.values), space.block(space.baseline())]


def test_a_train_without_a_score_chooses_nothing(tmp_path: Path) -> None:
    """A training window without a score has no test."""

    class Idle(Hill):
        def trades(self, block: RobustopBlock) -> Trades:
            return made_up([])

    assert walked(lambda _: Idle(), tmp_path) == []


def test_a_test_is_judged_however_few_trades_it_has(tmp_path: Path) -> None:
    """The minimum number of trades applies to the choice only."""

    class Short(Hill):
        def trades(self, block: RobustopBlock) -> Trades:
            return made_up([5.0, -1.0])

    def make_evaluator(window: Window) -> Hill:
        return Short() if window in [fold.test for fold in FOLDS] else Hill()

    assert [step.test.score for step in walked(make_evaluator, tmp_path, min_trades=10)] == [4.0] * 3


def corrupted(run: BacktestRun, moment: int, folder: Path) -> BacktestRun:
    """Return the run on candles whose prices are corrupted from a moment on (in milliseconds)."""
    folder.mkdir()
    datadir = Path(dict(run.options)["datadir"])
    for source in datadir.glob("*.feather"):
        frame = pd.read_feather(source)
        late = frame["date"] >= pd.Timestamp(moment, unit="ms", tz="UTC")
        for column in ("open", "high", "low", "close"):
            frame[column] = frame[column].where(~late, frame[column] * 1.7 + 0.123456789)
        frame.to_feather(folder / source.name)
    return replace(run, options=(*(pair for pair in run.options if pair[0] != "datadir"), ("datadir", str(folder))))


def small_sweep(run: BacktestRun, table: Path) -> Sweep:
    """Return a small sweep with two walk-forward tests by Freqtrade itself."""
    return Sweep(Plan(run=run, out=table, **PLAN))


@pytest.fixture(scope="module")
def honest(run: BacktestRun, tmp_path_factory: pytest.TempPathFactory) -> tuple[Sweep, list[FoldResult]]:
    """Return a sweep on the unchanged market."""
    sweep = small_sweep(run, tmp_path_factory.mktemp("honest") / "t.jsonl")
    return sweep, sweep.run(Workers(), lambda _: None).walk_forward


def test_torn_candles_of_the_test_change_no_choice(
    honest: tuple[Sweep, list[FoldResult]], run: BacktestRun, tmp_path: Path, tell: Callable[[str], None]
) -> None:
    """Corrupted candles from the first test window on change no result of its training window."""
    sweep, steps = honest
    first = sweep.folds[0]
    torn = small_sweep(corrupted(run, first.test.start, tmp_path / "torn"), tmp_path / "t.jsonl")
    found = torn.run(Workers(), lambda _: None)
    assert torn.folds == sweep.folds
    train = sweep.table.rows_of("train 1")
    assert torn.table.rows_of("train 1") == train
    assert len({row.metrics for row in train}) > 1
    assert found.walk_forward[0]._replace(test=None, baseline=None) == steps[0]._replace(test=None, baseline=None)
    assert found.walk_forward[0].test != steps[0].test
    assert torn.table.rows_of("train 2") != sweep.table.rows_of("train 2")
    tell(f"{len(train)} settings, up to {max(row.metrics.trades for row in train)} trades on the train")


def test_no_candle_of_the_test_is_loaded(honest: tuple[Sweep, list[FoldResult]], run: BacktestRun) -> None:
    """A training window ends with the last candle before its test window."""
    for fold in honest[0].folds:
        train, test = (load_backtest(run.between(*window)) for window in fold)
        last = max(frame["date"].max() for frame in train.candles.values())
        assert last.timestamp() * 1000 == fold.train.stop - HOUR
        assert train.start.timestamp() * 1000 == fold.train.start
        assert test.start.timestamp() * 1000 == fold.test.start
        assert test.stop.timestamp() * 1000 == fold.test.stop - HOUR
