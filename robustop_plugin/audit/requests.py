"""Exit requests and trading halts, in robustop's own tables in the trade database.

Rows are only added; a `resume` settles all rows before it. The command line writes rows whether the bot runs or not;
the bot reads those still pending. Freqtrade ignores tables that it does not know.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from time import sleep
from typing import Any, NamedTuple, TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, OperationalError

TABLES = sa.MetaData()
"""Separate metadata: with Freqtrade's own, its migrations would treat these tables as Freqtrade's."""

REQUESTS = sa.Table(
    "robustop_requests",
    TABLES,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("asked_at", sa.Float(53), nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("trade_id", sa.Integer),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("done_at", sa.Float(53)),
    # The number of a row is never reused.
    sqlite_autoincrement=True,
)
PORTFOLIO = sa.Table(
    "robustop_portfolio",
    TABLES,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("resumed", sa.Integer, nullable=False),
    sa.Column("peak", sa.Float(53), nullable=False),
)

PANIC, DRAWDOWN, EXIT, RESUME = "panic", "drawdown", "exit", "resume"
BUSY = ("locked", "busy", "deadlock", "lock timeout", "already exists")
"""Words in the error of a database while another process writes to it or creates the tables."""
LOCK_TIMEOUT = "SET LOCAL lock_timeout = '2s'"
"""PostgreSQL would wait for a lock without end, and with it the bot, whose stops nobody would check meanwhile."""

Answer = TypeVar("Answer")


class ExitRequest(NamedTuple):
    """A person's request to close one trade.

    Attributes:
        reason: the reason given.
        asked_at: time of the request, in seconds since the epoch. A trade opened later only reuses the number.
    """

    reason: str
    asked_at: float


class Standing(NamedTuple):
    """The requests pending since the last resume.

    Attributes:
        panic: the reason to close every position; None without a panic.
        drawdown: a description of the drawdown that halted trading; None without one.
        exits: requests to close single trades, by trade number.
        resumed: number of the last resume; 0 before the first.
    """

    panic: str | None = None
    drawdown: str | None = None
    exits: dict[int, ExitRequest] = {}  # noqa: RUF012 (read only)
    resumed: int = 0


@dataclass
class Requests:
    """The tables in one trade database; every call is a transaction of its own.

    Attributes:
        engine: the engine of the trade database.
        prepared: True once the tables are known to exist.
    """

    engine: sa.Engine
    prepared: bool = False

    def standing(self) -> Standing:
        """Return the pending requests, with one small SELECT.

        Raises:
            sqlalchemy.exc.SQLAlchemyError: the database cannot be read.
        """
        self.prepare()
        with reading(self.engine) as connection:
            return standing_of(connection.execute(pending_query().order_by(REQUESTS.c.id)).all())

    def ask(self, kind: str, now: float, reason: str, trade_ids: tuple[int | None, ...] = (None,)) -> None:
        """Add a request; for single trades, one row per trade."""
        self.prepare()
        rows = [{"asked_at": now, "kind": kind, "trade_id": trade_id, "reason": reason} for trade_id in trade_ids]
        with transaction(self.engine) as connection:
            connection.execute(sa.insert(REQUESTS), rows)

    def settle(self, trade_ids: set[int], now: float) -> None:
        """Mark the exit requests of these trades as done: they never apply to a trade that reuses the number."""
        row = REQUESTS.c
        update = sa.update(REQUESTS).where(row.kind == EXIT, row.done_at.is_(None), row.trade_id.in_(trade_ids))
        with transaction(self.engine) as connection:
            connection.execute(update.values(done_at=now))

    def peak(self, resumed: int) -> float | None:
        """Return the highest profit of the portfolio since a resume; None if none was stored."""
        self.prepare()
        known = sa.select(PORTFOLIO.c.peak).where(PORTFOLIO.c.resumed == resumed)
        with reading(self.engine) as connection:
            value = connection.execute(known).scalar_one_or_none()
        return None if value is None else float(value)

    def keep_peak(self, resumed: int, peak: float) -> None:
        """Store the highest profit since a resume, in the only row."""
        with transaction(self.engine) as connection:
            if connection.execute(sa.update(PORTFOLIO).values(resumed=resumed, peak=peak)).rowcount == 0:
                connection.execute(sa.insert(PORTFOLIO).values(id=1, resumed=resumed, peak=peak))

    def prepare(self) -> None:
        """Create missing tables; bot and command line may do so at the same time."""
        if not self.prepared:
            make_tables(self.engine)
            self.prepared = True


def pending_query() -> "sa.Select[Any]":
    """Return the SELECT of the last resume and of everything that was asked since."""
    row = REQUESTS.c
    resumed = sa.select(sa.func.coalesce(sa.func.max(row.id), 0)).where(row.kind == RESUME).scalar_subquery()
    chosen = row.id, row.kind, row.trade_id, row.reason, row.asked_at, row.done_at
    return sa.select(*chosen).where(row.id >= resumed)


def standing_of(rows: Sequence[Any]) -> Standing:
    """Return what rows of `pending_query`, in the order of their numbers, ask for."""
    return Standing(
        panic=next((request.reason for request in rows if request.kind == PANIC), None),
        drawdown=next((request.reason for request in rows if request.kind == DRAWDOWN), None),
        exits={
            request.trade_id: ExitRequest(request.reason, request.asked_at)
            for request in rows
            if request.kind == EXIT and request.done_at is None
        },
        resumed=next((request.id for request in rows if request.kind == RESUME), 0),
    )


@contextmanager
def reading(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Open a connection that reads robustop's tables, with the same patience as `transaction`."""
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(sa.text(LOCK_TIMEOUT))
        yield connection


@contextmanager
def transaction(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Open a transaction on robustop's tables, which waits for a lock of another program for a short time."""
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(sa.text(LOCK_TIMEOUT))
        yield connection


def is_table_locked(error: Exception) -> bool:
    """Return True if PostgreSQL gave up a lock on a table: other tables of the database can be used."""
    return "lock timeout" in str(error)


def make_tables(engine: sa.Engine) -> None:
    """Create the tables that are missing.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: they cannot be created.
    """
    # Another process may create them at the same time. PostgreSQL reports that once all of them are there; SQLite has
    # no transaction around them, so that each can be met halfway.
    for _ in TABLES.tables:
        try:
            TABLES.create_all(engine)
        except DBAPIError as error:
            if "already exists" not in str(error):
                raise
        else:
            return
    TABLES.create_all(engine)


def patiently(ask: Callable[[], Answer], times: int, pause: float = 0.5) -> Answer:
    """Return what `ask` returns; while the database is locked, try again, at most `times` times in all.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: another error, or still locked at the last try.
    """
    for _ in range(times - 1):
        try:
            return ask()
        except OperationalError as error:
            if not any(word in str(error).lower() for word in BUSY):
                raise
            sleep(pause)
    return ask()
