"""Scores of a setting's neighborhood: an isolated peak is likely to be luck.

The plateau score is the median over a setting and its neighbors; the lowest of these scores is kept too.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from robustop_plugin.lab.sweep.search.results_table import Row
from robustop_plugin.lab.sweep.space import Dimension


class Candidate(NamedTuple):
    """A setting that can be chosen, with the scores of its neighborhood.

    Attributes:
        row: The setting.
        plateau: Median score of the neighborhood.
        worst_neighbor: Lowest score of the neighborhood; minus infinity if a neighbor has no score.
        neighbors: Number of neighbors, the setting itself not counted.
    """

    row: Row
    plateau: float
    worst_neighbor: float
    neighbors: int


def rate_candidates(rows: Sequence[Row], dimensions: Sequence[Dimension], *, whole_grid: bool) -> list[Candidate]:
    """Return the settings that have a score, each with the scores of its neighborhood.

    Args:
        rows: Rows of one search.
        dimensions: The swept parameters.
        whole_grid: True if every combination was tried: neighbors are one step away in one parameter. Otherwise they
            are the nearest settings, two per swept parameter, by steps as a share of the range.
    """
    points = _grid_points(rows, dimensions)
    scores = np.array([-np.inf if row.metrics.score is None else row.metrics.score for row in rows])
    neighbors = _one_step_away(points) if whole_grid else _nearest(points, dimensions)
    candidates = []
    for index, row in enumerate(rows):
        around = scores[[index, *neighbors[index]]]
        if row.metrics.score is not None:
            candidates.append(Candidate(row, float(np.median(around)), float(around.min()), len(neighbors[index])))
    return candidates


def rank_candidates(candidates: Sequence[Candidate], *, by_plateau: bool = True) -> list[Candidate]:
    """Return candidates from best to worst: by plateau, worst neighbor, own score."""
    return sorted(candidates, key=_rank if by_plateau else _own_rank, reverse=True)


def _rank(candidate: Candidate) -> tuple[float, ...]:
    return candidate.plateau, candidate.worst_neighbor, *_own_rank(candidate)


def _own_rank(candidate: Candidate) -> tuple[float, ...]:
    return candidate.row.metrics.score or 0.0, -candidate.row.number


def _grid_points(rows: Sequence[Row], dimensions: Sequence[Dimension]) -> NDArray[np.int64]:
    """Return the index of each setting's value in each dimension."""
    indices = [{value: index for index, value in enumerate(dimension.values)} for dimension in dimensions]
    names = [dimension.name for dimension in dimensions]
    points = [[index[row.values[name]] for name, index in zip(names, indices, strict=True)] for row in rows]
    return np.array(points, dtype=np.int64).reshape(len(rows), len(names))


def _one_step_away(points: NDArray[np.int64]) -> list[list[int]]:
    known = {tuple(point): index for index, point in enumerate(points.tolist())}
    neighbors = []
    for point in points.tolist():
        moved = (
            (*point[:axis], point[axis] + step, *point[axis + 1 :]) for axis in range(len(point)) for step in (-1, 1)
        )
        neighbors.append([known[other] for other in moved if other in known])
    return neighbors


def _nearest(points: NDArray[np.int64], dimensions: Sequence[Dimension]) -> list[list[int]]:
    lengths = np.array([max(1, len(dimension.values) - 1) for dimension in dimensions])
    count = min(len(points), 2 * len(dimensions) + 1)
    if count <= 1:
        return [[] for _ in points]
    _, found = cKDTree(points / lengths).query(points / lengths, k=count)
    return [[int(other) for other in row if other != index][: count - 1] for index, row in enumerate(found)]
