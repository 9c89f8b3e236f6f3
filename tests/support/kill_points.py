"""Ends a bot at any of its dealings with the trade database, as a power cut would, inside the test's process."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any
from unittest.mock import patch

import sqlalchemy as sa
from freqtrade.persistence import Trade
from freqtrade.persistence.custom_data import _CustomData


class Killed(BaseException):
    """The process is gone. No `except Exception` of the bot catches this, as nothing catches a power cut."""


class KillPoints:
    """Counts statements and commits of the trade database, and kills at one of them.

    Attributes:
        passed: number of points passed so far.
        deadly: number of the point at which to kill; None for no kill.
    """

    def __init__(self) -> None:
        """Start to count."""
        self.passed = 0
        self.deadly: int | None = None

    def point(self, *args: Any) -> None:
        """Pass a point, or die at it, and at every later one until `restart`."""
        self.passed += 1
        if self.deadly is not None and self.passed >= self.deadly:
            for cursor in args[1:2]:
                # A process that is gone reads no rows, and so holds no lock.
                cursor.close()
            raise Killed

    def restart(self) -> None:
        """Drop what the dead process had not committed, and count anew without a kill."""
        self.passed, self.deadly = 0, None
        for session in (Trade.session, _CustomData.session):
            with suppress(sa.exc.SQLAlchemyError):
                session.rollback()
            session.remove()


@contextmanager
def kill_points(engine: sa.Engine) -> Iterator[KillPoints]:
    """Watch an engine: a point before and after each statement, and before and after each commit."""
    points, dialect = KillPoints(), engine.dialect
    real = dialect.do_commit

    def commit(connection: Any) -> None:
        points.point()
        real(connection)
        points.point()

    names = ("before_cursor_execute", "after_cursor_execute")
    for name in names:
        sa.event.listen(engine, name, points.point)
    with patch.object(dialect, "do_commit", commit):
        yield points
    for name in names:
        sa.event.remove(engine, name, points.point)
