"""Which settings are tried: all, some by chance, or those that Optuna asks for."""

from itertools import product

from robustop_plugin.lab.sweep.scores.metrics import Measured
from robustop_plugin.lab.sweep.search.optuna_sampler import AT_ONCE, OptunaSampler
from robustop_plugin.lab.sweep.search.samplers import FixedSampler, Sampler, at_random, grid
from robustop_plugin.lab.sweep.space import Values
from tests.support.score_landscapes import STOP, TRAIL, height, space

DIMENSIONS = space().dimensions
WIDE = space("initial_stop_multiplier=1:5:0.25", "smart_trail_distance_percent=0.25:4:0.25").dimensions


def scored(sampler: Sampler) -> list[Values]:
    """Return everything that a sampler asks for, when it is told the height of the landscape."""
    found = []
    while batch := sampler.ask():
        found += [values for _, values in batch]
        sampler.tell({number: of_score(height(space().block(values))) for number, values in batch})
    return found


def of_score(score: float | None) -> Measured:
    """Return what came of a setting with this score."""
    return Measured(score, 20, 0.0, 0.0, 9, None, 0.0, 3.0)


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
    """The same seed and the same scores give the same settings; the first half of the grid has the top of the hill."""
    asked = scored(OptunaSampler(WIDE, 45, seed=3))
    assert asked == scored(OptunaSampler(WIDE, 45, seed=3))
    assert asked != scored(OptunaSampler(WIDE, 45, seed=4))
    assert len({tuple(values.items()) for values in asked}) == 45
    heights = [height(space().block(values)) for values in asked]
    assert sum(heights[-AT_ONCE:]) / AT_ONCE > sum(heights[:AT_ONCE]) / AT_ONCE


def test_optuna_never_asks_twice() -> None:
    """Asked for more than there is, it has every setting once: what it would propose again is given back."""
    asked = [tuple(values.items()) for values in scored(OptunaSampler(DIMENSIONS, 99, seed=1))]
    assert sorted(asked) == sorted(tuple(values.items()) for values in grid(DIMENSIONS))


def test_optuna_goes_on_where_settings_have_no_score() -> None:
    """A setting without a score is a failed trial and teaches nothing, but is not asked for again."""
    sampler = OptunaSampler(DIMENSIONS, 2 * AT_ONCE, seed=1)
    first = sampler.ask()
    sampler.tell(dict.fromkeys([number for number, _ in first], of_score(None)))
    second = sampler.ask()
    assert len(first) == len(second) == AT_ONCE
    assert not [values for _, values in second if values in [before for _, before in first]]
    assert sampler.done() == [(*one, of_score(None)) for one in first]
