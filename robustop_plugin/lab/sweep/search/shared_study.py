"""An Optuna study shared by machines through a database: SQLite on one machine, PostgreSQL across machines.

Each machine sends a heartbeat for its settings every few seconds. A setting without a heartbeat for a minute is
released to the others. Only the elapsed time since the last change counts, so clocks need not agree.
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
from robustop_plugin.lab.sweep.search.study_database import engine_options, translated_database_errors, without_password

HEARTBEAT_INTERVAL = 5.0
"""Seconds between two heartbeats."""

HEARTBEAT_TIMEOUT = 60.0
"""Seconds without a heartbeat after which a setting is released."""

POLL_INTERVAL = 0.5
"""Seconds between two checks of what the other machines do."""

HEARTBEAT, PLAN = "alive", "plan"
"""User attributes: a trial's heartbeat (machine and count), and the study's plan."""

PLAN_KEYS_PER_MACHINE = ("settings_per_search", "seed", "storage")
"""Keys of a plan that may differ between machines."""

OPEN_ATTEMPTS = 8
"""Attempts to open a new database, because other machines may create its tables at the same time."""


class SharedStudy:
    """A study in a database.

    Attributes:
        study: Optuna's study.
    """

    def __init__(self, storage: str, name: str, plan: Mapping[str, Any]) -> None:
        """Open or create the study.

        Args:
            storage: SQLAlchemy URL of the database.
            name: Name of the study; sweeps with the same name share it.
            plan: What the scores of its settings depend on.

        Raises:
            InvalidSettings: The database cannot be used, or the study has another plan.
        """
        self._url, self._name = storage, name
        self._seen: dict[int, tuple[Any, float]] = {}
        self._mine: Sequence[Trial] = ()
        self._done = Event()
        with self.translated_errors():
            self.study = _open_with_retries(storage, name)
        self._check(plan)

    def keep_alive(self, trials: Sequence[Trial]) -> None:
        """Send heartbeats for these trials, and stop those for earlier ones."""
        self._done.set()
        self._mine, self._done = trials, Event()
        if trials:
            # A daemon thread: it ends with the process.
            Thread(target=_send_heartbeats, args=(trials, self._done), daemon=True).start()

    def wait_for_others(self) -> bool:
        """Return whether other machines have running settings, after a pause; abandoned settings are released."""
        mine = {trial.number for trial in self._mine}
        running = self.study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))
        others = [trial for trial in running if trial.number not in mine]
        now = time.monotonic()
        for trial in others:
            heartbeat, since = self._seen.get(trial.number, (None, now))
            if trial.user_attrs.get(HEARTBEAT) != heartbeat:
                since = now
            self._seen[trial.number] = trial.user_attrs.get(HEARTBEAT), since
            if now - since > HEARTBEAT_TIMEOUT:
                self.study.tell(trial.number, state=TrialState.FAIL, skip_if_finished=True)
        if others:
            time.sleep(POLL_INTERVAL)
        return bool(others)

    def translated_errors(self) -> AbstractContextManager[None]:
        """Return a context that turns database errors into one line."""
        return translated_database_errors(self._url)

    def _check(self, plan: Mapping[str, Any]) -> None:
        """Reject a study whose scores cannot be compared with this plan."""
        wanted = {key: value for key, value in plan.items() if key not in PLAN_KEYS_PER_MACHINE}
        with self.translated_errors():
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


def _open_with_retries(url: str, name: str) -> optuna.Study:
    for _ in range(OPEN_ATTEMPTS - 1):
        try:
            return _open(url, name)
        except (SQLAlchemyError, StorageInternalError, DuplicatedStudyError) as error:
            if not _lost_race(error):
                raise
            time.sleep(POLL_INTERVAL)
    return _open(url, name)


def _lost_race(error: Exception) -> bool:
    """Return whether another machine has just created the same table or row."""
    errors = (error, error.__cause__)
    return any(isinstance(each, IntegrityError) or "exist" in str(each).lower() for each in errors)


def _open(url: str, name: str) -> optuna.Study:
    return optuna.create_study(
        storage=RDBStorage(url, engine_kwargs=engine_options(url)),
        study_name=name,
        sampler=optuna.samplers.TPESampler(),
        direction="maximize",
        load_if_exists=True,
    )


def _send_heartbeats(trials: Sequence[Trial], done: Event) -> None:
    """Send heartbeats every few seconds; a database error is left to the next regular query to report."""
    machine, count = f"{gethostname()}:{getpid()}", 0
    while not done.wait(HEARTBEAT_INTERVAL if count else 0.0):
        count += 1
        for trial in trials:
            with suppress(SQLAlchemyError, StorageInternalError, UpdateFinishedTrialError):
                trial.set_user_attr(HEARTBEAT, [machine, count])
