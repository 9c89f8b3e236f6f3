"""Which settings to try, and in which order: all of them, or a choice by chance."""

import random
from collections.abc import Mapping, Sequence
from itertools import product
from typing import Protocol

from robustop_plugin.lab.sweep.scores.metrics import Measured
from robustop_plugin.lab.sweep.space import Dimension, Values

Batch = list[tuple[int, Values]]
"""Settings with their numbers."""

Done = tuple[int, Values, Measured]
"""A setting with its number, and what came of it."""


class Sampler(Protocol):
    """Asks for settings in batches, and is told what came of them.

    The same sampler, told the same, asks for the same settings: that is how a sweep is resumed.
    """

    def ask(self) -> Batch:
        """Return the next settings to try; none at the end."""

    def tell(self, found: Mapping[int, Measured]) -> None:
        """Take what came of the last batch, by number."""

    def done(self) -> list[Done]:
        """Return what is known to be evaluated, also by other machines; nothing where there are none."""

    def close(self) -> None:
        """End, whether or not everything was done."""


class FixedSampler:
    """Settings that are known from the start."""

    def __init__(self, settings: Sequence[Values]) -> None:
        """Take them."""
        self._batches: list[Batch] = [list(enumerate(settings))]

    def ask(self) -> Batch:
        """Return all of them, once."""
        return self._batches.pop() if self._batches else []

    def tell(self, found: Mapping[int, Measured]) -> None:
        """Take what came of them; nothing depends on it."""

    def done(self) -> list[Done]:
        """Return nothing: nobody else works on these."""
        return []

    def close(self) -> None:
        """Do nothing: nobody waits."""


def grid(dimensions: Sequence[Dimension]) -> list[Values]:
    """Return every combination, the last dimension changing first."""
    names = [dimension.name for dimension in dimensions]
    return [dict(zip(names, values, strict=True)) for values in product(*(one.values for one in dimensions))]


def at_random(dimensions: Sequence[Dimension], count: int, seed: int) -> list[Values]:
    """Return different combinations by chance, all of them where there are no more than `count`."""
    every = [len(dimension.values) for dimension in dimensions]
    size = 1
    for values in every:
        size *= values
    # The seed of a study is no secret, and repeats the same sweep.
    numbers = random.Random(seed).sample(range(size), min(count, size))  # noqa: S311
    return [_combination(dimensions, number) for number in numbers]


def _combination(dimensions: Sequence[Dimension], number: int) -> Values:
    """Return one combination by its place in the grid."""
    values: Values = {}
    for dimension in reversed(dimensions):
        number, index = divmod(number, len(dimension.values))
        values[dimension.name] = dimension.values[index]
    return {dimension.name: values[dimension.name] for dimension in dimensions}
