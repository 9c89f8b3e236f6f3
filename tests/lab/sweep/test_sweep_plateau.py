"""A setting is judged with its neighbours."""

from collections.abc import Mapping

import numpy as np
import pytest

from robustop_plugin.lab.sweep.judging.plateau import Judged, judge, ranked
from robustop_plugin.lab.sweep.scores.metrics import Measured
from robustop_plugin.lab.sweep.search.results_table import Row
from robustop_plugin.lab.sweep.space import Dimension

ACROSS = Dimension("x", (1.0, 2.0, 3.0, 4.0, 5.0))
DOWN = Dimension("y", (10.0, 20.0, 30.0))


def rows(scores: Mapping[tuple[float, float], float | None]) -> list[Row]:
    """Return the rows of settings with these scores."""
    return [
        Row("whole", number, {"x": x, "y": y}, Measured(score, 20, 0.0, 0.0, 9, None, 0.0, 3.0))
        for number, ((x, y), score) in enumerate(scores.items())
    ]


def at(judged: list[Judged], x: float, y: float) -> Judged:
    """Return the setting at a place."""
    (found,) = [one for one in judged if one.row.values == {"x": x, "y": y}]
    return found


FLAT = {(x, y): 1.0 for x in ACROSS.values for y in DOWN.values}


def test_a_lonely_peak_loses_to_a_plateau() -> None:
    """The best cell alone is not chosen; where only cells count, it is."""
    scores = {**FLAT, (1.0, 10.0): 50.0, (4.0, 20.0): 3.0, (3.0, 20.0): 2.5, (5.0, 20.0): 2.5, (4.0, 10.0): 2.5}
    judged = judge(rows(scores), [ACROSS, DOWN], whole_grid=True)
    assert ranked(judged)[0].row.values == {"x": 4.0, "y": 20.0}
    assert ranked(judged, by_plateau=False)[0].row.values == {"x": 1.0, "y": 10.0}


def test_neighbours_are_one_step_away_in_one_number() -> None:
    """The median and the worst of a cell and the cells above, below and beside it; fewer at an edge."""
    scores = {(x, y): 10 * x + y for x in ACROSS.values for y in DOWN.values}
    judged = judge(rows(scores), [ACROSS, DOWN], whole_grid=True)
    middle, corner = at(judged, 3.0, 20.0), at(judged, 1.0, 10.0)
    assert (middle.neighbours, middle.plateau, middle.worst) == (4, 50.0, 40.0)
    assert (corner.neighbours, corner.plateau, corner.worst) == (2, 30.0, 20.0)


def test_a_neighbour_without_a_score_is_the_worst_there_is() -> None:
    """It can make a plateau worse, and is not judged itself."""
    judged = judge(rows({**FLAT, (2.0, 20.0): None}), [ACROSS, DOWN], whole_grid=True)
    assert len(judged) == len(FLAT) - 1
    assert at(judged, 3.0, 20.0).worst == -np.inf
    assert at(judged, 3.0, 20.0).plateau == 1.0


def test_settings_by_chance_have_their_nearest_as_neighbours() -> None:
    """Distances are steps as a share of the range, so that no number's unit has a weight."""
    places = [(1.0, 10.0), (2.0, 10.0), (1.0, 20.0), (5.0, 30.0), (5.0, 20.0), (2.0, 20.0)]
    scores = dict(zip(places, (1.0, 2.0, 3.0, 100.0, 90.0, 4.0), strict=True))
    judged = judge(rows(scores), [ACROSS, DOWN], whole_grid=False)
    assert at(judged, 1.0, 10.0).neighbours == 4
    # All but the farthest, which is the other corner.
    assert at(judged, 1.0, 10.0).plateau == np.median([1.0, 2.0, 3.0, 90.0, 4.0])


@pytest.mark.parametrize("whole_grid", [True, False])
def test_one_setting_is_its_own_plateau(whole_grid: bool) -> None:
    """With nothing around it, its own score is all there is."""
    (one,) = judge(rows({(1.0, 10.0): 7.0}), [ACROSS, DOWN], whole_grid=whole_grid)
    assert (one.plateau, one.worst, one.neighbours) == (7.0, 7.0, 0)
    assert judge(rows({(1.0, 10.0): None}), [ACROSS, DOWN], whole_grid=whole_grid) == []


def test_equal_plateaus_are_ranked_by_their_worst_then_their_own_score_then_their_number() -> None:
    """The choice is the same whatever the order of the rows."""
    found = judge(rows(FLAT), [ACROSS, DOWN], whole_grid=True)
    assert [one.row.number for one in ranked(found)] == list(range(len(FLAT)))
    assert ranked(found[::-1]) == ranked(found)
