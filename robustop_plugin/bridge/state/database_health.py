"""Remembers that the trade database failed, so that no later request waits for its time-out again."""

import time
from collections.abc import Callable
from contextlib import suppress

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

FREE_TRIES = 5
"""So many loops in a row try to write before there are pauses: most locks are short."""
LONGEST_PAUSE = 30.0
"""In seconds. Entries and partial exits wait for a database that takes writes."""


class DatabaseHealth:
    """The condition of the trade database in the current loop of a bot.

    With a locked SQLite database, each write takes its whole time-out to fail, while reads still work. After the first
    failed read or write, a loop attempts no more of that kind, so that the stops of all other positions are checked in
    time. Writes that keep failing are tried less and less often; reads, on which a panic depends, in every loop.

    Attributes:
        reads_failed: True if a read has failed in this loop.
        writes_failed: True if a write has failed in this loop, or is not tried again yet.
        clock: Returns the seconds of a steady clock.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Start with a healthy database."""
        self.clock = clock
        self.reads_failed = False
        self.writes_failed = False
        self._failures = 0
        self._try_again_at: float | None = None

    def new_loop(self) -> None:
        """Allow reads again at the start of a loop, and writes, unless they have failed several times in a row."""
        self.reads_failed = False
        if not self.writes_failed:
            self._failures, self._try_again_at = 0, None
        elif self._try_again_at is None:
            self._failures += 1
            pause = 0.0 if self._failures <= FREE_TRIES else 2.0 ** (self._failures - FREE_TRIES)
            self._try_again_at = self.clock() + min(pause, LONGEST_PAUSE)
        if self._try_again_at is not None and self.clock() >= self._try_again_at:
            self._try_again_at = None
        self.writes_failed = self._try_again_at is not None


def end_transaction(session: Session) -> None:
    """End a transaction that has failed: its session is of no use before."""
    with suppress(SQLAlchemyError):
        session.rollback()


def answers(session: Session) -> SQLAlchemyError | None:
    """Return why the database of a session does not answer; None if it does."""
    try:
        session.execute(select(1))
    except SQLAlchemyError as error:
        return error
    finally:
        end_transaction(session)
    return None


class DatabaseSilent(Exception):
    """A read was skipped: the trade database has failed in this loop, and the next loop tries again."""

    def __init__(self) -> None:
        """Set the message."""
        super().__init__("the trade database failed in this loop; the next loop tries again")
