"""The plan of a sweep: sizes, parameter ranges, and contradicting options."""

from dataclasses import replace
from pathlib import Path

import pytest

from robustop_plugin.core.errors import InvalidSettings
from robustop_plugin.lab.sweep.plan import DEFAULT_COUNT, Plan
from robustop_plugin.lab.sweep.strategy import space_of
from robustop_plugin.runner.run import BacktestRun, LoadedBacktest, load_backtest
from tests.support.score_landscapes import space
from tests.support.sweep_fixture import STRATEGY

RUN = BacktestRun("Swept", ("config.json",))
SMALL = space()
LARGE = space(*(f"{name}=1:5:0.01" for name in ("initial_stop_multiplier", "smart_trail_distance_percent")))
HUGE = space(
    "initial_stop_multiplier=1:5:0.01", "smart_trail_distance_percent=1:5:0.01", "smart_trail_activation_percent=1:9:1"
)
OWN = """
    robustop_initial_stop_multiplier = DecimalParameter(1.0, 4.0, default=3.0, decimals=1, space="robustop")
    robustop_smart_trail_distance_percent = DecimalParameter(1, 3, default=2.0, space="robustop", optimize=False)
    robustop_smart_trail_activation_percent = DecimalParameter(1, 3, default=2.0, space="robustop", load=False)
"""


@pytest.mark.parametrize(
    ("plan", "swept", "size"),
    [
        (Plan(RUN, sampler="grid"), SMALL, 20),
        (Plan(RUN, sampler="grid"), LARGE, 401 * 401),
        (Plan(RUN), LARGE, DEFAULT_COUNT),
        (Plan(RUN, count=7), LARGE, 7),
        (Plan(RUN, count=700), SMALL, 20),
        (Plan(RUN, count=50, sampler="optuna"), SMALL, 20),
    ],
)
def test_a_search_has_as_many_settings_as_asked_for(plan: Plan, swept: object, size: int) -> None:
    """A grid has all combinations; other searches have the requested number, without duplicates."""
    assert plan.settings_per_search(swept) == size


def test_a_grid_nobody_waits_for_is_refused() -> None:
    """A huge grid is rejected with an alternative; a random search of the same space is accepted."""
    with pytest.raises(InvalidSettings, match=r"the grid has 1447209 settings.*--sampler random"):
        Plan(RUN, sampler="grid").settings_per_search(HUGE)
    assert Plan(RUN).settings_per_search(HUGE) == DEFAULT_COUNT


@pytest.fixture(scope="module")
def own(run: BacktestRun, tmp_path_factory: pytest.TempPathFactory) -> LoadedBacktest:
    """Return a strategy that defines the tunable parameters itself."""
    folder = tmp_path_factory.mktemp("own")
    text = STRATEGY.replace("import IStrategy", "import DecimalParameter, IStrategy")
    (folder / "swept.py").write_text(text.replace("    robustop = {", f"{OWN}\n    robustop = {{"))
    options = (*(option for option in run.options if option[0] != "strategy_path"), ("strategy_path", str(folder)))
    return load_backtest(replace(run, options=options))


def test_a_range_of_the_users_wins(own: LoadedBacktest) -> None:
    """A range defined by the user takes precedence; a parameter excluded from hyperopt is swept only if named."""
    (stop,) = space_of(own, ["initial_stop_multiplier"]).dimensions
    assert (stop.values[0], stop.values[-1]) == (1.0, 4.0)
    (trail,) = space_of(own, ["smart_trail_distance_percent=1,2"]).dimensions
    assert trail.values == (1.0, 2.0)


def test_a_parameter_that_is_not_loaded_cannot_be_swept(own: LoadedBacktest) -> None:
    """A parameter that Freqtrade does not load cannot be swept, named or not."""
    for texts in ([], ["smart_trail_activation_percent=1,2"]):
        with pytest.raises(InvalidSettings, match="smart_trail_activation_percent has load=False"):
            space_of(own, texts)


def test_values_in_force_come_from_the_file_of_parameters(run: BacktestRun, tmp_path: Path) -> None:
    """Values in force come from the parameter file; values that are not swept keep them."""
    folder = tmp_path / "strategies"
    folder.mkdir()
    (folder / "swept.py").write_text(STRATEGY)
    values = '{"robustop_initial_stop_multiplier": 2.5, "robustop_smart_trail_distance_percent": 1.5}'
    (folder / "swept.json").write_text(f'{{"strategy_name": "Swept", "params": {{"robustop": {values}}}}}')
    options = (*(option for option in run.options if option[0] != "strategy_path"), ("strategy_path", str(folder)))
    swept_space = space_of(load_backtest(replace(run, options=options)), ["initial_stop_multiplier=2,3"])
    assert swept_space.baseline() == {"robustop_initial_stop_multiplier": 2.5}
    assert swept_space.block({}).initial_stop.multiplier == 2.5
    assert swept_space.block(swept_space.baseline()).engines[0].model_dump()["distance_percent"] == 1.5
