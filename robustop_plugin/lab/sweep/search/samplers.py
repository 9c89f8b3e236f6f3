"""Which settings to try, and in which order: all of them, or a random sample."""

import random
from collections.abc import Mapping, Sequence
from itertools import product
from typing import Protocol

from robustop_plugin.lab.sweep.scores.metrics import Metrics
from robustop_plugin.lab.sweep.space import Dimension, Values

Batch = list[tuple[int, Values]]
"""Settings with their numbers."""

Evaluated = tuple[int, Values, Metrics]
"""The number of a setting, its values and its metrics."""


class Sampler(Protocol):
    """Proposes settings in batches and receives their metrics.

    A sampler that receives the same metrics proposes the same settings, so that a sweep can be resumed.
    """

    def ask(self) -> Batch:
        """Return the next settings to try; an empty list at the end."""

    def tell(self, results: Mapping[int, Metrics]) -> None:
        """Receive the metrics of the last batch, by number."""

    def evaluated(self) -> list[Evaluated]:
        """Return the settings known to be evaluated, by other machines too; empty if nothing is shared."""

    def close(self) -> None:
        """End the search, complete or not."""


class FixedSampler:
    """Proposes a list of settings."""

    def __init__(self, settings: Sequence[Values]) -> None:
        """Store the settings."""
        self._batches: list[Batch] = [list(enumerate(settings))]

    def ask(self) -> Batch:
        """Return all settings on the first call, none afterwards."""
        return self._batches.pop() if self._batches else []

    def tell(self, results: Mapping[int, Metrics]) -> None:
        """Ignore the metrics."""

    def evaluated(self) -> list[Evaluated]:
        """Return an empty list: nothing is shared."""
        return []

    def close(self) -> None:
        """Do nothing."""


def grid_settings(dimensions: Sequence[Dimension]) -> list[Values]:
    """Return every combination, the last dimension changing first."""
    names = [dimension.name for dimension in dimensions]
    return [
        dict(zip(names, values, strict=True)) for values in product(*(dimension.values for dimension in dimensions))
    ]


def random_settings(dimensions: Sequence[Dimension], count: int, seed: int) -> list[Values]:
    """Return different random combinations; all of them if there are no more than `count`."""
    lengths = [len(dimension.values) for dimension in dimensions]
    size = 1
    for length in lengths:
        size *= length
    # Not for cryptography: a fixed seed repeats the sweep.
    numbers = random.Random(seed).sample(range(size), min(count, size))  # noqa: S311
    return [_combination(dimensions, number) for number in numbers]


def _combination(dimensions: Sequence[Dimension], number: int) -> Values:
    """Return a combination by its number in the grid."""
    values: Values = {}
    for dimension in reversed(dimensions):
        number, index = divmod(number, len(dimension.values))
        values[dimension.name] = dimension.values[index]
    return {dimension.name: values[dimension.name] for dimension in dimensions}
