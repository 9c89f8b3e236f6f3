"""A study that machines share, in a database: SQLite on one machine, PostgreSQL from anywhere.

Each says every few seconds of the settings it works on that it does. Whose settings have not been heard of for a
minute is dead, and others take them over: only how long it was silent counts, no clock has to agree with another.
"""

import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from os import getpid
from socket import gethostname
from threading import Event, Thread
from typing import Any

import optuna
from optuna.exceptions import DuplicatedStudyError, StorageInternalError, UpdateFinishedTrialError
from optuna.storages import RDBStorage
from optuna.trial import Trial, TrialState
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from robustop_plugin.core.errors import InvalidSettings
from robustop_plugin.lab.sweep.search.results_table import first_difference
from robustop_plugin.lab.sweep.search.study_database import options_of, told_in_one_line, without_password

BEAT = 5.0
"""Seconds between two signs of life."""

SILENCE = 60.0
"""Seconds without a sign of life after which nobody works on a setting any more."""

PAUSE = 0.5
"""Seconds between two looks at what the others do."""

ALIVE, PLAN = "alive", "plan"
"""What is kept of a setting, who works on it and how often that was said; and of the study."""

FOR_STUDY = ("settings_per_search", "seed", "storage")
"""What of a plan each machine may have for itself."""

TIMES = 8
"""That a fresh database is tried: others may make the same tables at the same moment."""


class Shared:
    """A study in a database.

    Attributes:
        study: Optuna's.
    """

    def __init__(self, storage: str, name: str, plan: Mapping[str, Any]) -> None:
        """Open the study, or begin it.

        Args:
            storage: URL of the database, as SQLAlchemy takes it.
            name: of the study; sweeps of the same name share it.
            plan: what the scores of its settings depend on.

        Raises:
            InvalidSettings: the database cannot be used, or the study is of another plan.
        """
        self._url, self._name = storage, name
        self._seen: dict[int, tuple[Any, float]] = {}
        self._mine: Sequence[Trial] = ()
        self._done = Event()
        with self.errors():
            self.study = _patiently(storage, name)
        self._check(plan)

    def work_on(self, trials: Sequence[Trial]) -> None:
        """Say of these trials, and of no others any more, that they are worked on."""
        self._done.set()
        self._mine, self._done = trials, Event()
        if trials:
            # It ends with the process, however that ends.
            Thread(target=_beat, args=(trials, self._done), daemon=True).start()

    def wait_for_others(self) -> bool:
        """Return whether others work on something, after a moment; what nobody works on any more is given back."""
        mine = {trial.number for trial in self._mine}
        running = self.study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))
        others = [trial for trial in running if trial.number not in mine]
        now = time.monotonic()
        for trial in others:
            sign, since = self._seen.get(trial.number, (None, now))
            if trial.user_attrs.get(ALIVE) != sign:
                since = now
            self._seen[trial.number] = trial.user_attrs.get(ALIVE), since
            if now - since > SILENCE:
                self.study.tell(trial.number, state=TrialState.FAIL, skip_if_finished=True)
        if others:
            time.sleep(PAUSE)
        return bool(others)

    def errors(self) -> AbstractContextManager[None]:
        """Return what makes one line of what the database says."""
        return told_in_one_line(self._url)

    def _check(self, plan: Mapping[str, Any]) -> None:
        """Refuse to mix what cannot be compared."""
        wanted = {key: value for key, value in plan.items() if key not in FOR_STUDY}
        with self.errors():
            before = self.study.user_attrs.get(PLAN)
            if before is None:
                self.study.set_user_attr(PLAN, wanted)
                return
        different = first_difference(before, wanted)
        if different is not None:
            raise InvalidSettings(
                f"--study {self._name} of {without_password(self._url)} was begun with another {different}; share it "
                "from the same files and options, or name another --study"
            )


def _patiently(url: str, name: str) -> optuna.Study:
    for _ in range(TIMES - 1):
        try:
            return _open(url, name)
        except (SQLAlchemyError, StorageInternalError, DuplicatedStudyError) as error:
            if not _came_second(error):
                raise
            time.sleep(PAUSE)
    return _open(url, name)


def _came_second(error: Exception) -> bool:
    """Return whether another machine has just made what this one was about to make: a table, or a row in one."""
    errors = (error, error.__cause__)
    return any(isinstance(one, IntegrityError) or "exist" in str(one).lower() for one in errors)


def _open(url: str, name: str) -> optuna.Study:
    return optuna.create_study(
        storage=RDBStorage(url, engine_kwargs=options_of(url)),
        study_name=name,
        sampler=optuna.samplers.TPESampler(),
        direction="maximize",
        load_if_exists=True,
    )


def _beat(trials: Sequence[Trial], done: Event) -> None:
    """Say every few seconds that these are worked on; where the database fails, whoever asks it next tells of it."""
    who, count = f"{gethostname()}:{getpid()}", 0
    while not done.wait(BEAT if count else 0.0):
        count += 1
        for trial in trials:
            with suppress(SQLAlchemyError, StorageInternalError, UpdateFinishedTrialError):
                trial.set_user_attr(ALIVE, [who, count])
