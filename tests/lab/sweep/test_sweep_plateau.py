"""Settings are rated together with their neighbors."""

from collections.abc import Mapping

import numpy as np
import pytest

from robustop_plugin.lab.sweep.judging.plateau import Candidate, rank_candidates, rate_candidates
from robustop_plugin.lab.sweep.scores.metrics import Metrics
from robustop_plugin.lab.sweep.search.results_table import Row
from robustop_plugin.lab.sweep.space import Dimension

ACROSS = Dimension("x", (1.0, 2.0, 3.0, 4.0, 5.0))
DOWN = Dimension("y", (10.0, 20.0, 30.0))


def rows(scores: Mapping[tuple[float, float], float | None]) -> list[Row]:
    """Return the rows of settings with these scores."""
    return [
        Row("whole", number, {"x": x, "y": y}, Metrics(score, 20, 0.0, 0.0, 9, None, 0.0, 3.0))
        for number, ((x, y), score) in enumerate(scores.items())
    ]


def at(candidates: list[Candidate], x: float, y: float) -> Candidate:
    """Return the candidate with these values."""
    (candidate,) = [each for each in candidates if each.row.values == {"x": x, "y": y}]
    return candidate


FLAT = {(x, y): 1.0 for x in ACROSS.values for y in DOWN.values}


def test_a_lonely_peak_loses_to_a_plateau() -> None:
    """An isolated best cell is chosen only if neighbors are ignored."""
    scores = {**FLAT, (1.0, 10.0): 50.0, (4.0, 20.0): 3.0, (3.0, 20.0): 2.5, (5.0, 20.0): 2.5, (4.0, 10.0): 2.5}
    candidates = rate_candidates(rows(scores), [ACROSS, DOWN], whole_grid=True)
    assert rank_candidates(candidates)[0].row.values == {"x": 4.0, "y": 20.0}
    assert rank_candidates(candidates, by_plateau=False)[0].row.values == {"x": 1.0, "y": 10.0}


def test_neighbors_are_one_step_away_in_one_number() -> None:
    """Neighbors on a grid are the adjacent cells; there are fewer at an edge."""
    scores = {(x, y): 10 * x + y for x in ACROSS.values for y in DOWN.values}
    candidates = rate_candidates(rows(scores), [ACROSS, DOWN], whole_grid=True)
    middle, corner = at(candidates, 3.0, 20.0), at(candidates, 1.0, 10.0)
    assert (middle.neighbors, middle.plateau, middle.worst_neighbor) == (4, 50.0, 40.0)
    assert (corner.neighbors, corner.plateau, corner.worst_neighbor) == (2, 30.0, 20.0)


def test_a_neighbor_without_a_score_is_the_worst_there_is() -> None:
    """A setting without a score lowers the plateau of its neighbors and is no candidate."""
    candidates = rate_candidates(rows({**FLAT, (2.0, 20.0): None}), [ACROSS, DOWN], whole_grid=True)
    assert len(candidates) == len(FLAT) - 1
    assert at(candidates, 3.0, 20.0).worst_neighbor == -np.inf
    assert at(candidates, 3.0, 20.0).plateau == 1.0


def test_settings_by_chance_have_their_nearest_as_neighbors() -> None:
    """Distances are shares of the range, so that units do not matter."""
    points = [(1.0, 10.0), (2.0, 10.0), (1.0, 20.0), (5.0, 30.0), (5.0, 20.0), (2.0, 20.0)]
    scores = dict(zip(points, (1.0, 2.0, 3.0, 100.0, 90.0, 4.0), strict=True))
    candidates = rate_candidates(rows(scores), [ACROSS, DOWN], whole_grid=False)
    assert at(candidates, 1.0, 10.0).neighbors == 4
    # All but the opposite corner, which is the farthest.
    assert at(candidates, 1.0, 10.0).plateau == np.median([1.0, 2.0, 3.0, 90.0, 4.0])


@pytest.mark.parametrize("whole_grid", [True, False])
def test_one_setting_is_its_own_plateau(whole_grid: bool) -> None:
    """The plateau of a single setting is its own score."""
    (candidate,) = rate_candidates(rows({(1.0, 10.0): 7.0}), [ACROSS, DOWN], whole_grid=whole_grid)
    assert (candidate.plateau, candidate.worst_neighbor, candidate.neighbors) == (7.0, 7.0, 0)
    assert rate_candidates(rows({(1.0, 10.0): None}), [ACROSS, DOWN], whole_grid=whole_grid) == []


def test_equal_plateaus_are_ranked_by_their_worst_then_their_own_score_then_their_number() -> None:
    """Ties are broken by worst neighbor, own score and number, whatever the order of the rows."""
    candidates = rate_candidates(rows(FLAT), [ACROSS, DOWN], whole_grid=True)
    assert [candidate.row.number for candidate in rank_candidates(candidates)] == list(range(len(FLAT)))
    assert rank_candidates(candidates[::-1]) == rank_candidates(candidates)
