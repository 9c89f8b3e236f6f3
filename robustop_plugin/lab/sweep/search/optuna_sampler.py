"""Settings that Optuna asks for: its tree-structured Parzen estimator looks where it was good before.

No setting is asked for twice, whoever works on it: a proposal that is there already is given back, and after a few of
these one is drawn from the settings that are left.
"""

import random
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from math import prod

import optuna
from optuna.exceptions import UpdateFinishedTrialError
from optuna.trial import FrozenTrial, Trial, TrialState

from robustop_plugin.lab.sweep.scores.metrics import Measured
from robustop_plugin.lab.sweep.search.samplers import Batch, Done
from robustop_plugin.lab.sweep.search.shared_study import Shared
from robustop_plugin.lab.sweep.space import Dimension, Values

AT_ONCE = 10
"""Settings of one batch: never the number of processes, so that any number of them gives the same sweep."""

PROPOSALS = 3
"""That were there before, in a row, until a setting is drawn from what is left."""

MEASURED = "measured"
"""What came of a trial, in the study: the other machines have their tables from it."""

Place = tuple[int, ...]
"""The number of a setting's value in each dimension."""


class OptunaSampler:
    """Asks a study of Optuna's, in memory or shared with other machines.

    A study in memory is repeated from its seed; one that is shared goes on where it is, and ends when it has as many
    settings as were asked for, whoever evaluated them.
    """

    def __init__(self, dimensions: Sequence[Dimension], count: int, seed: int, shared: Shared | None = None) -> None:
        """Take a study.

        Args:
            dimensions: what is swept.
            count: settings in all, of all machines.
            seed: of a study in memory.
            shared: a study in a database; None for one in memory.
        """
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self.dimensions = tuple(dimensions)
        self._count = min(count, prod(len(one.values) for one in dimensions))
        self._shared = shared
        # Machines that share a study must not all start with the same guesses; and chance keeps no secret here.
        self._random = random.Random(seed if shared is None else None)  # noqa: S311
        self._study = shared.study if shared is not None else in_memory(seed)
        self._trials: dict[int, Trial] = {}

    def ask(self) -> Batch:
        """Return the next settings; where others work on the last ones, wait until they are done or dead.

        Raises:
            InvalidSettings: the database of the study fails.
        """
        with self._meeting_errors():
            while True:
                while len(self._trials) < AT_ONCE and self._claim():
                    pass
                if self._trials or self._shared is None or not self._shared.wait_for_others():
                    break
        if self._shared is not None:
            self._shared.work_on(list(self._trials.values()))
        return [(number, self._values(trial.params)) for number, trial in self._trials.items()]

    def tell(self, found: Mapping[int, Measured]) -> None:
        """Tell the study, in the order of the numbers.

        Raises:
            InvalidSettings: the database of the study fails.
        """
        with self._meeting_errors():
            for number, trial in self._trials.items():
                measured = found[number]
                # Another machine may have thought that this one is dead, and gone on without it.
                with suppress(UpdateFinishedTrialError):
                    trial.set_user_attr(MEASURED, measured._asdict())
                    state = TrialState.FAIL if measured.score is None else TrialState.COMPLETE
                    self._study.tell(trial, measured.score, state=state, skip_if_finished=True)
        self._trials = {}
        if self._shared is not None:
            self._shared.work_on([])

    def done(self) -> list[Done]:
        """Return every setting of the study that was evaluated, by whomever.

        Raises:
            InvalidSettings: the database of the study fails.
        """
        with self._meeting_errors():
            trials = self._study.get_trials(deepcopy=False)
            return [
                (one.number, self._values(one.params), Measured(**one.user_attrs[MEASURED]))
                for one in trials
                if MEASURED in one.user_attrs and one.state.is_finished()
            ]

    def close(self) -> None:
        """Give back what is not done, so that nobody waits for it."""
        if self._shared is not None:
            self._shared.work_on([])
        # The database may be what has failed; the others find out that nobody works on these.
        with suppress(Exception):
            for trial in self._trials.values():
                self._study.tell(trial, state=TrialState.FAIL, skip_if_finished=True)
        self._trials = {}

    def _claim(self) -> bool:
        """Take one setting that nobody else has; return whether there was one left."""
        proposals = 0
        while len(taken := self._taken()) < self._count:
            if proposals >= PROPOSALS:
                self._study.enqueue_trial(self._any_but(set(taken.values())))
            trial = self._study.ask()
            place = tuple(trial.suggest_int(one.name, 0, len(one.values) - 1) for one in self.dimensions)
            # Looked at after it was written: of two who have the same one at least one finds the other.
            others = {number: other for number, other in self._taken().items() if number != trial.number}
            before = sum(number < trial.number for number in others)
            if place not in others.values() and before < self._count:
                self._trials[trial.number] = trial
                return True
            self._study.tell(trial, state=TrialState.FAIL)
            proposals += 1
        return False

    def _taken(self) -> dict[int, Place]:
        """Return the settings that are done or being worked on; one that is just being chosen has no place yet."""
        names = [one.name for one in self.dimensions]
        return {
            trial.number: tuple(trial.params[name] for name in names if name in trial.params)
            for trial in self._study.get_trials(deepcopy=False)
            if _is_taken(trial)
        }

    def _any_but(self, taken: set[Place]) -> dict[str, int]:
        """Return some setting that is not there yet: the first such one from a random one on."""
        lengths = [len(one.values) for one in self.dimensions]
        number = self._random.randrange(prod(lengths))
        while (place := _place(number, lengths)) in taken:
            number = (number + 1) % prod(lengths)
        return {one.name: step for one, step in zip(self.dimensions, place, strict=True)}

    def _values(self, places: Mapping[str, int]) -> Values:
        """Return a setting's values; the places are what Optuna knows, so that near ones are near."""
        return {one.name: one.values[places[one.name]] for one in self.dimensions}

    def _meeting_errors(self) -> AbstractContextManager[None]:
        return nullcontext() if self._shared is None else self._shared.errors()


def in_memory(seed: int) -> optuna.Study:
    """Return a study that nobody shares."""
    return optuna.create_study(sampler=optuna.samplers.TPESampler(seed=seed), direction="maximize")


def _is_taken(trial: FrozenTrial) -> bool:
    return trial.state in (TrialState.RUNNING, TrialState.COMPLETE) or MEASURED in trial.user_attrs


def _place(number: int, lengths: Sequence[int]) -> Place:
    """Return one setting by its number in the grid, the last dimension changing first."""
    steps = []
    for length in reversed(lengths):
        number, step = divmod(number, length)
        steps.append(step)
    return tuple(reversed(steps))
