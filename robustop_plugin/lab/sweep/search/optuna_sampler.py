"""Settings proposed by Optuna's tree-structured Parzen estimator, which searches where earlier settings were good.

No setting is evaluated twice, on whichever machine: a duplicate proposal is rejected, and after several duplicates a
random unused setting is taken.
"""

import random
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from math import prod

import optuna
from optuna.exceptions import UpdateFinishedTrialError
from optuna.trial import FrozenTrial, Trial, TrialState

from robustop_plugin.lab.sweep.scores.metrics import Metrics
from robustop_plugin.lab.sweep.search.samplers import Batch, Evaluated
from robustop_plugin.lab.sweep.search.shared_study import SharedStudy
from robustop_plugin.lab.sweep.space import Dimension, Values

BATCH_SIZE = 10
"""Settings per batch; independent of the number of processes, so that any number gives the same sweep."""

MOST_DUPLICATES = 3
"""Duplicate proposals in a row before a random unused setting is taken."""

METRICS = "measured"
"""User attribute of a trial with its metrics, from which other machines fill their tables."""

GridPoint = tuple[int, ...]
"""The index of a setting's value in each dimension."""


class OptunaSampler:
    """Proposes settings from an Optuna study, in memory or shared with other machines.

    A study in memory is repeatable by its seed. A shared study continues where it is, and ends when all machines
    together have evaluated the requested number of settings.
    """

    def __init__(
        self, dimensions: Sequence[Dimension], count: int, seed: int, shared: SharedStudy | None = None
    ) -> None:
        """Open the study.

        Args:
            dimensions: The swept parameters.
            count: Number of settings, over all machines.
            seed: Random seed of a study in memory.
            shared: A study in a database; None for one in memory.
        """
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self.dimensions = tuple(dimensions)
        self._count = min(count, prod(len(dimension.values) for dimension in dimensions))
        self._shared = shared
        # Not for cryptography. Machines that share a study must not start with the same guesses.
        self._random = random.Random(seed if shared is None else None)  # noqa: S311
        self._study = shared.study if shared is not None else in_memory_study(seed)
        self._trials: dict[int, Trial] = {}

    def ask(self) -> Batch:
        """Return the next settings; if others work on the last ones, wait until those are finished or abandoned.

        Raises:
            InvalidSettings: The database of the study fails.
        """
        with self._translated_errors():
            while True:
                while len(self._trials) < BATCH_SIZE and self._claim():
                    pass
                if self._trials or self._shared is None or not self._shared.wait_for_others():
                    break
        if self._shared is not None:
            self._shared.keep_alive(list(self._trials.values()))
        return [(number, self._values(trial.params)) for number, trial in self._trials.items()]

    def tell(self, results: Mapping[int, Metrics]) -> None:
        """Pass the metrics to the study, in the order of the numbers.

        Raises:
            InvalidSettings: The database of the study fails.
        """
        with self._translated_errors():
            for number, trial in self._trials.items():
                metrics = results[number]
                # Another machine may have given up on this one and finished the trial.
                with suppress(UpdateFinishedTrialError):
                    trial.set_user_attr(METRICS, metrics._asdict())
                    state = TrialState.FAIL if metrics.score is None else TrialState.COMPLETE
                    self._study.tell(trial, metrics.score, state=state, skip_if_finished=True)
        self._trials = {}
        if self._shared is not None:
            self._shared.keep_alive([])

    def evaluated(self) -> list[Evaluated]:
        """Return every evaluated setting of the study, of all machines.

        Raises:
            InvalidSettings: The database of the study fails.
        """
        with self._translated_errors():
            trials = self._study.get_trials(deepcopy=False)
            return [
                (trial.number, self._values(trial.params), Metrics(**trial.user_attrs[METRICS]))
                for trial in trials
                if METRICS in trial.user_attrs and trial.state.is_finished()
            ]

    def close(self) -> None:
        """Release unfinished settings, so that no machine waits for them."""
        if self._shared is not None:
            self._shared.keep_alive([])
        # If the database itself failed, other machines detect the missing heartbeats.
        with suppress(Exception):
            for trial in self._trials.values():
                self._study.tell(trial, state=TrialState.FAIL, skip_if_finished=True)
        self._trials = {}

    def _claim(self) -> bool:
        """Claim a setting that no machine has; return False if none is left."""
        proposals = 0
        while len(taken := self._taken()) < self._count:
            if proposals >= MOST_DUPLICATES:
                self._study.enqueue_trial(self._random_free_point(set(taken.values())))
            trial = self._study.ask()
            point = tuple(
                trial.suggest_int(dimension.name, 0, len(dimension.values) - 1) for dimension in self.dimensions
            )
            # Read after writing: of two machines with the same setting, at least one sees the other.
            others = {number: other for number, other in self._taken().items() if number != trial.number}
            earlier = sum(number < trial.number for number in others)
            if point not in others.values() and earlier < self._count:
                self._trials[trial.number] = trial
                return True
            self._study.tell(trial, state=TrialState.FAIL)
            proposals += 1
        return False

    def _taken(self) -> dict[int, GridPoint]:
        """Return finished and running settings by number; a trial that is still being proposed has no point yet."""
        names = [dimension.name for dimension in self.dimensions]
        return {
            trial.number: tuple(trial.params[name] for name in names if name in trial.params)
            for trial in self._study.get_trials(deepcopy=False)
            if _is_taken(trial)
        }

    def _random_free_point(self, taken: set[GridPoint]) -> dict[str, int]:
        """Return an unused setting: the first one from a random position in the grid."""
        lengths = [len(dimension.values) for dimension in self.dimensions]
        number = self._random.randrange(prod(lengths))
        while (point := _grid_point(number, lengths)) in taken:
            number = (number + 1) % prod(lengths)
        return {dimension.name: index for dimension, index in zip(self.dimensions, point, strict=True)}

    def _values(self, indices: Mapping[str, int]) -> Values:
        """Return the values of a setting; Optuna sees indices, so that neighboring values are close."""
        return {dimension.name: dimension.values[indices[dimension.name]] for dimension in self.dimensions}

    def _translated_errors(self) -> AbstractContextManager[None]:
        return nullcontext() if self._shared is None else self._shared.translated_errors()


def in_memory_study(seed: int) -> optuna.Study:
    """Return a study that is not shared."""
    return optuna.create_study(sampler=optuna.samplers.TPESampler(seed=seed), direction="maximize")


def _is_taken(trial: FrozenTrial) -> bool:
    return trial.state in (TrialState.RUNNING, TrialState.COMPLETE) or METRICS in trial.user_attrs


def _grid_point(number: int, lengths: Sequence[int]) -> GridPoint:
    """Return a setting by its number in the grid; the last dimension changes first."""
    indices = []
    for length in reversed(lengths):
        number, index = divmod(number, length)
        indices.append(index)
    return tuple(reversed(indices))
