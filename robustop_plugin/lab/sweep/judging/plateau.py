"""A setting is as good as its neighbourhood: a lonely peak is luck that will not come again.

The score of a setting's plateau is the median of its own score and its neighbours'; the worst of them is kept beside.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from robustop_plugin.lab.sweep.search.results_table import Row
from robustop_plugin.lab.sweep.space import Dimension


class Judged(NamedTuple):
    """A setting with its neighbourhood.

    Attributes:
        row: the setting.
        plateau: median score of the neighbourhood.
        worst: lowest score of the neighbourhood; minus infinity where one has none.
        neighbours: how many there are beside the setting itself.
    """

    row: Row
    plateau: float
    worst: float
    neighbours: int


def judge(rows: Sequence[Row], dimensions: Sequence[Dimension], *, whole_grid: bool) -> list[Judged]:
    """Return the settings that have a score, each with its neighbourhood.

    Args:
        rows: of one search.
        dimensions: that were swept.
        whole_grid: every combination was tried: neighbours are those one step away in one number. Else they are
            the nearest, two for each number that was swept, by steps as a share of their range.
    """
    places = _places(rows, dimensions)
    scores = np.array([-np.inf if row.measured.score is None else row.measured.score for row in rows])
    near = _one_step_away(places) if whole_grid else _nearest(places, dimensions)
    judged = []
    for index, row in enumerate(rows):
        around = scores[[index, *near[index]]]
        if row.measured.score is not None:
            judged.append(Judged(row, float(np.median(around)), float(around.min()), len(near[index])))
    return judged


def ranked(judged: Sequence[Judged], *, by_plateau: bool = True) -> list[Judged]:
    """Return the settings from the best to the worst: by their plateaus, then their worst neighbours, then scores."""
    return sorted(judged, key=_rank if by_plateau else _own_rank, reverse=True)


def _rank(one: Judged) -> tuple[float, ...]:
    return one.plateau, one.worst, *_own_rank(one)


def _own_rank(one: Judged) -> tuple[float, ...]:
    return one.row.measured.score or 0.0, -one.row.number


def _places(rows: Sequence[Row], dimensions: Sequence[Dimension]) -> NDArray[np.int64]:
    """Return where each setting stands, as the number of its value in each dimension."""
    steps = [{value: step for step, value in enumerate(one.values)} for one in dimensions]
    names = [one.name for one in dimensions]
    found = [[step[row.values[name]] for name, step in zip(names, steps, strict=True)] for row in rows]
    return np.array(found, dtype=np.int64).reshape(len(rows), len(names))


def _one_step_away(places: NDArray[np.int64]) -> list[list[int]]:
    known = {tuple(place): index for index, place in enumerate(places.tolist())}
    near = []
    for place in places.tolist():
        moved = (
            (*place[:axis], place[axis] + step, *place[axis + 1 :]) for axis in range(len(place)) for step in (-1, 1)
        )
        near.append([known[one] for one in moved if one in known])
    return near


def _nearest(places: NDArray[np.int64], dimensions: Sequence[Dimension]) -> list[list[int]]:
    lengths = np.array([max(1, len(one.values) - 1) for one in dimensions])
    count = min(len(places), 2 * len(dimensions) + 1)
    if count <= 1:
        return [[] for _ in places]
    _, found = cKDTree(places / lengths).query(places / lengths, k=count)
    return [[int(other) for other in row if other != index][: count - 1] for index, row in enumerate(found)]
