"""Which settings are tried: all, some by chance, or those that Optuna asks for."""

from itertools import product
from pathlib import Path

import optuna
import pytest

from robustop_plugin.core.errors import InvalidSettings
from robustop_plugin.lab.sweep.samplers import FixedSampler, Sampler, at_random, grid
from robustop_plugin.lab.sweep.space import Values
from robustop_plugin.lab.sweep.study import AT_ONCE, OptunaSampler
from tests.hills import STOP, TRAIL, height, space

DIMENSIONS = space().dimensions


def scored(sampler: Sampler) -> list[Values]:
    """Return everything that a sampler asks for, when it is told the height of the landscape."""
    found = []
    while batch := sampler.ask():
        found += [values for _, values in batch]
        sampler.tell({number: height(space().block(values)) for number, values in batch})
    return found


def test_a_grid_is_every_combination_once() -> None:
    """In the order in which the dimensions are named."""
    pairs = product((1.0, 2.0, 3.0, 4.0, 5.0), (0.5, 1.0, 2.0, 4.0))
    assert scored(FixedSampler(grid(DIMENSIONS))) == [{STOP: stop, TRAIL: trail} for stop, trail in pairs]


def test_chance_takes_different_settings_of_the_grid() -> None:
    """No setting comes twice; another seed takes others; more than there are is all of them."""
    every = [tuple(values.items()) for values in grid(DIMENSIONS)]
    some = [tuple(values.items()) for values in at_random(DIMENSIONS, 12, 1)]
    assert len(set(some)) == 12
    assert set(some) < set(every)
    assert at_random(DIMENSIONS, 12, 1) == [dict(values) for values in some]
    assert at_random(DIMENSIONS, 12, 2) != [dict(values) for values in some]
    assert {tuple(values.items()) for values in at_random(DIMENSIONS, 999, 1)} == set(every)


def test_optuna_repeats_itself_and_climbs() -> None:
    """The same seed and the same scores give the same settings; the later half is better than the first batch."""
    asked = scored(OptunaSampler(DIMENSIONS, 45, seed=3))
    assert asked == scored(OptunaSampler(DIMENSIONS, 45, seed=3))
    assert asked != scored(OptunaSampler(DIMENSIONS, 45, seed=4))
    assert len(asked) == 45
    heights = [height(space().block(values)) for values in asked]
    assert sum(heights[-AT_ONCE:]) / AT_ONCE > sum(heights[:AT_ONCE]) / AT_ONCE


def test_optuna_goes_on_where_settings_have_no_score() -> None:
    """A setting without a score is a failed trial, and teaches nothing."""
    sampler = OptunaSampler(DIMENSIONS, 2 * AT_ONCE, seed=1)
    first = sampler.ask()
    sampler.tell(dict.fromkeys([number for number, _ in first]))
    assert [number for number, _ in sampler.ask()] == list(range(AT_ONCE, 2 * AT_ONCE))


def test_machines_share_a_study(tmp_path: Path) -> None:
    """Two samplers with one database fill one study, and neither repeats the other's start."""
    storage = f"sqlite:///{tmp_path / 'study.db'}"
    one, other = (OptunaSampler(DIMENSIONS, AT_ONCE, seed=1, storage=storage, name="stops") for _ in range(2))
    asked = [scored(sampler) for sampler in (one, other)]
    trials = optuna.load_study(study_name="stops", storage=storage).trials
    assert len(trials) == 2 * AT_ONCE
    assert all(trial.state == optuna.trial.TrialState.COMPLETE for trial in trials)
    assert asked[0] != asked[1]


def test_a_shared_study_is_not_asked_again_for_what_is_done(tmp_path: Path) -> None:
    """An interrupted sweep takes the numbers that are left."""
    storage = f"sqlite:///{tmp_path / 'study.db'}"
    sampler = OptunaSampler(DIMENSIONS, 5, seed=1, storage=storage, name="stops", done=(0, 3))
    assert [number for number, _ in sampler.ask()] == [1, 2, 4]


@pytest.mark.parametrize("url", ["nothing", "oracle+nothing://x", "sqlite:////nowhere/at/all.db"])
def test_a_database_that_cannot_be_used_is_named(url: str) -> None:
    """One line, with an example of a URL."""
    with pytest.raises(InvalidSettings, match=r"--storage was .*sqlite:///study\.db") as refused:
        OptunaSampler(DIMENSIONS, 5, seed=1, storage=url, name="stops")
    assert "\n" not in str(refused.value)
