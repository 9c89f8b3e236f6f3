"""Settings that Optuna asks for: its tree-structured Parzen estimator looks where it was good before."""

from collections.abc import Mapping, Sequence

import optuna
from optuna.trial import TrialState

from robustop_plugin.core.errors import InvalidSettings
from robustop_plugin.lab.sweep.samplers import Batch
from robustop_plugin.lab.sweep.space import Dimension

AT_ONCE = 10
"""Settings of one batch: never the number of processes, so that any number of them gives the same sweep."""


class OptunaSampler:
    """Asks a study of Optuna's, in memory or shared with other machines.

    A study in memory is repeated from its seed; one that is shared goes on where it is, so that `done` settings
    of an interrupted sweep are not asked for again.
    """

    def __init__(
        self,
        dimensions: Sequence[Dimension],
        count: int,
        seed: int,
        *,
        storage: str | None = None,
        name: str | None = None,
        done: Sequence[int] = (),
    ) -> None:
        """Open the study.

        Args:
            dimensions: what is swept.
            count: settings in all.
            seed: of a study in memory.
            storage: URL of a database, as SQLAlchemy takes it; None keeps the study in memory.
            name: of the study in the database; sweeps of the same name share it.
            done: numbers that need not be asked for.

        Raises:
            InvalidSettings: the database cannot be used.
        """
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self.dimensions = tuple(dimensions)
        self._waiting = [number for number in range(count) if number not in done]
        self._trials: dict[int, optuna.Trial] = {}
        # Machines that share a study must not all start with the same guesses.
        sampler = optuna.samplers.TPESampler(seed=seed if storage is None else None)
        try:
            self._study = optuna.create_study(
                storage=storage, study_name=name, sampler=sampler, direction="maximize", load_if_exists=True
            )
        except Exception as error:
            # SQLAlchemy, its drivers and Optuna have no error in common.
            reason = str(error).partition("\n")[0]
            raise InvalidSettings(
                f"--storage was {storage}: it cannot be used, {reason}; give a URL such as sqlite:///study.db"
            ) from error

    def ask(self) -> Batch:
        """Return the next settings."""
        numbers, self._waiting = self._waiting[:AT_ONCE], self._waiting[AT_ONCE:]
        self._trials = {number: self._study.ask() for number in numbers}
        return [
            (number, {one.name: self._suggest(trial, one) for one in self.dimensions})
            for number, trial in self._trials.items()
        ]

    @staticmethod
    def _suggest(trial: optuna.Trial, dimension: Dimension) -> float:
        """Return one of the values; the places are what Optuna knows, so that near ones are near."""
        return dimension.values[trial.suggest_int(dimension.name, 0, len(dimension.values) - 1)]

    def tell(self, scores: Mapping[int, float | None]) -> None:
        """Tell the study, in the order of the numbers."""
        for number, trial in self._trials.items():
            score = scores[number]
            state = TrialState.FAIL if score is None else TrialState.COMPLETE
            self._study.tell(trial, score, state=state)
