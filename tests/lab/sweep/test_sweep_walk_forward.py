"""The walk-forward test never looks at a test window before the choice is made."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from robustop_plugin.lab.sweep.judging.plateau import judge, ranked
from robustop_plugin.lab.sweep.judging.walk_forward import Step, Walk, walk_forward
from robustop_plugin.lab.sweep.plan import Plan
from robustop_plugin.lab.sweep.search.results_table import Table
from robustop_plugin.lab.sweep.search.samplers import FixedSampler, grid
from robustop_plugin.lab.sweep.search.workers import Workplace
from robustop_plugin.lab.sweep.sweep import Sweep
from robustop_plugin.lab.sweep.windows import Window, folds
from robustop_plugin.lab.trades import Trades
from robustop_plugin.runner.run import BacktestRun, prepare
from robustop_plugin.settings import RobustopBlock
from tests.support.score_landscapes import HOUR, STOP, TRAIL, WINDOW, Hill, made_up, task

FOLDS = folds(WINDOW, 3, 2, HOUR, anchored=True)
PLAN = {
    "sets": ("initial_stop_multiplier=2,4", "smart_trail_distance_percent=1,3"),
    "sampler": "grid",
    "least_trades": 1,
    "evaluator": "freqtrade",
    "tests": 2,
    "train_windows": 2,
}


def walked(evaluator_of: Callable[[Window], Hill], folder: Path, least_trades: int = 1) -> list[Step]:
    """Return the steps over made-up trades."""
    what = task(least_trades=least_trades)
    dimensions = what.space.dimensions
    walk = Walk(
        task=what,
        table=Table(folder / "t.jsonl", {}),
        place=Workplace(),
        evaluator_of=evaluator_of,
        sampler_of=lambda _: FixedSampler(grid(dimensions)),
        choose=lambda rows: next(iter(ranked(judge(rows, dimensions, whole_grid=True))), None),
    )
    return walk_forward(walk, FOLDS, lambda _: None)


def test_only_the_chosen_and_yours_see_the_test(tmp_path: Path) -> None:
    """Every setting is tried on a train; on its test there are two, in this order, and no other window is asked for."""
    made: list[tuple[Window, Hill]] = []

    def evaluator_of(window: Window) -> Hill:
        made.append((window, Hill()))
        return made[-1][1]

    steps = walked(evaluator_of, tmp_path)
    assert [window for window, _ in made] == [window for fold in FOLDS for window in fold]
    assert [len(hill.asked) for _, hill in made] == [20, 2] * 3
    space = task().space
    assert [dict(step.values) for step in steps] == [{STOP: 3.0, TRAIL: 2.0}] * 3
    for step, (_, hill) in zip(steps, made[1::2], strict=True):
        assert hill.asked == [space.block(step.values), space.block(space.yours())]


def test_a_train_without_a_score_chooses_nothing(tmp_path: Path) -> None:
    """Its test is not run."""

    class Idle(Hill):
        def trades(self, block: RobustopBlock) -> Trades:
            return made_up([])

    assert walked(lambda _: Idle(), tmp_path) == []


def test_a_test_is_judged_however_few_trades_it_has(tmp_path: Path) -> None:
    """The least number of trades is for choosing."""

    class Short(Hill):
        def trades(self, block: RobustopBlock) -> Trades:
            return made_up([5.0, -1.0])

    def evaluator_of(window: Window) -> Hill:
        return Short() if window in [fold.test for fold in FOLDS] else Hill()

    assert [step.test.score for step in walked(evaluator_of, tmp_path, least_trades=10)] == [4.0] * 3


def corrupted(run: BacktestRun, moment: int, folder: Path) -> BacktestRun:
    """Return the run on other candles: from a moment on, in milliseconds, prices are torn and of another grid."""
    folder.mkdir()
    datadir = Path(dict(run.options)["datadir"])
    for source in datadir.glob("*.feather"):
        frame = pd.read_feather(source)
        late = frame["date"] >= pd.Timestamp(moment, unit="ms", tz="UTC")
        for column in ("open", "high", "low", "close"):
            frame[column] = frame[column].where(~late, frame[column] * 1.7 + 0.123456789)
        frame.to_feather(folder / source.name)
    return replace(run, options=(*(pair for pair in run.options if pair[0] != "datadir"), ("datadir", str(folder))))


def session_of(run: BacktestRun, table: Path) -> Sweep:
    """Return a small sweep with two walk-forward tests by Freqtrade itself."""
    return Sweep(Plan(run=run, out=table, **PLAN))


@pytest.fixture(scope="module")
def honest(run: BacktestRun, tmp_path_factory: pytest.TempPathFactory) -> tuple[Sweep, list[Step]]:
    """Return a sweep on the market as it is."""
    session = session_of(run, tmp_path_factory.mktemp("honest") / "t.jsonl")
    return session, session.sweep(Workplace(), lambda _: None).steps


def test_torn_candles_of_the_test_change_no_choice(
    honest: tuple[Sweep, list[Step]], run: BacktestRun, tmp_path: Path, tell: Callable[[str], None]
) -> None:
    """With everything from the first test on torn, all that was measured on its train is the same."""
    session, steps = honest
    first = session.folds[0]
    torn = session_of(corrupted(run, first.test.start, tmp_path / "torn"), tmp_path / "t.jsonl")
    found = torn.sweep(Workplace(), lambda _: None)
    assert torn.folds == session.folds
    train = session.table.of("train 1")
    assert torn.table.of("train 1") == train
    assert len({row.measured for row in train}) > 1
    assert found.steps[0]._replace(test=None, yours=None) == steps[0]._replace(test=None, yours=None)
    assert found.steps[0].test != steps[0].test
    assert torn.table.of("train 2") != session.table.of("train 2")
    tell(f"{len(train)} settings, up to {max(row.measured.trades for row in train)} trades on the train")


def test_no_candle_of_the_test_is_loaded(honest: tuple[Sweep, list[Step]], run: BacktestRun) -> None:
    """A train ends with the last candle before its test, which starts with the next one."""
    for fold in honest[0].folds:
        train, test = (prepare(run.between(*window)) for window in fold)
        last = max(frame["date"].max() for frame in train.candles.values())
        assert last.timestamp() * 1000 == fold.train.stop - HOUR
        assert train.start.timestamp() * 1000 == fold.train.start
        assert test.start.timestamp() * 1000 == fold.test.start
        assert test.stop.timestamp() * 1000 == fold.test.stop - HOUR
