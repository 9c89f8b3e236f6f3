"""Which settings are tried: all, a random sample, or proposals by Optuna."""

from itertools import product

from robustop_plugin.lab.sweep.scores.metrics import Metrics
from robustop_plugin.lab.sweep.search.optuna_sampler import BATCH_SIZE, OptunaSampler
from robustop_plugin.lab.sweep.search.samplers import FixedSampler, Sampler, grid_settings, random_settings
from robustop_plugin.lab.sweep.space import Values
from tests.support.score_landscapes import STOP, TRAIL, height, space

DIMENSIONS = space().dimensions
WIDE = space("initial_stop_multiplier=1:5:0.25", "smart_trail_distance_percent=0.25:4:0.25").dimensions


def scored(sampler: Sampler) -> list[Values]:
    """Return everything that a sampler proposes if it is told the height of a landscape."""
    proposed = []
    while batch := sampler.ask():
        proposed += [values for _, values in batch]
        sampler.tell({number: of_score(height(space().block(values))) for number, values in batch})
    return proposed


def of_score(score: float | None) -> Metrics:
    """Return the metrics of a setting with this score."""
    return Metrics(score, 20, 0.0, 0.0, 9, None, 0.0, 3.0)


def test_a_grid_is_every_combination_once() -> None:
    """The grid lists every combination once, in the order of the dimensions."""
    pairs = product((1.0, 2.0, 3.0, 4.0, 5.0), (0.5, 1.0, 2.0, 4.0))
    assert scored(FixedSampler(grid_settings(DIMENSIONS))) == [{STOP: stop, TRAIL: trail} for stop, trail in pairs]


def test_chance_takes_different_settings_of_the_grid() -> None:
    """Random settings are distinct and depend on the seed; a large number returns all."""
    every = [tuple(values.items()) for values in grid_settings(DIMENSIONS)]
    some = [tuple(values.items()) for values in random_settings(DIMENSIONS, 12, 1)]
    assert len(set(some)) == 12
    assert set(some) < set(every)
    assert random_settings(DIMENSIONS, 12, 1) == [dict(values) for values in some]
    assert random_settings(DIMENSIONS, 12, 2) != [dict(values) for values in some]
    assert {tuple(values.items()) for values in random_settings(DIMENSIONS, 999, 1)} == set(every)


def test_optuna_repeats_itself_and_climbs() -> None:
    """The same seed repeats the proposals, and later proposals score higher."""
    asked = scored(OptunaSampler(WIDE, 45, seed=3))
    assert asked == scored(OptunaSampler(WIDE, 45, seed=3))
    assert asked != scored(OptunaSampler(WIDE, 45, seed=4))
    assert len({tuple(values.items()) for values in asked}) == 45
    heights = [height(space().block(values)) for values in asked]
    assert sum(heights[-BATCH_SIZE:]) / BATCH_SIZE > sum(heights[:BATCH_SIZE]) / BATCH_SIZE


def test_optuna_never_asks_twice() -> None:
    """Every setting is proposed at most once, even if more are requested than exist."""
    asked = [tuple(values.items()) for values in scored(OptunaSampler(DIMENSIONS, 99, seed=1))]
    assert sorted(asked) == sorted(tuple(values.items()) for values in grid_settings(DIMENSIONS))


def test_optuna_goes_on_where_settings_have_no_score() -> None:
    """A setting without a score is a failed trial and is not proposed again."""
    sampler = OptunaSampler(DIMENSIONS, 2 * BATCH_SIZE, seed=1)
    first = sampler.ask()
    sampler.tell(dict.fromkeys([number for number, _ in first], of_score(None)))
    second = sampler.ask()
    assert len(first) == len(second) == BATCH_SIZE
    assert not [values for _, values in second if values in [before for _, before in first]]
    assert sampler.evaluated() == [(*setting, of_score(None)) for setting in first]
