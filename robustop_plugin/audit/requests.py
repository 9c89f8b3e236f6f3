"""What persons ask of a running bot, and what latches it: rows of a table of robustop's own in the trade database.

Rows are only ever added; a `resume` answers all rows before it. The command line writes them while the bot is up or
down, the bot reads what still stands. Freqtrade leaves tables alone that it does not know.
"""

from collections.abc import Callable
from dataclasses import dataclass
from time import sleep
from typing import NamedTuple, TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, OperationalError

TABLES = sa.MetaData()
"""Ours alone: on the host's own metadata its migrations would take them for its own."""

REQUESTS = sa.Table(
    "robustop_requests",
    TABLES,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("asked_at", sa.Float(53), nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("trade_id", sa.Integer),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("done_at", sa.Float(53)),
    # A number that was given to a row is never given again.
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
"""Words of a database that another process is writing to, or makes our tables in, at this moment."""

Answer = TypeVar("Answer")


class ExitRequest(NamedTuple):
    """A person's request to close one trade.

    Attributes:
        reason: of the person.
        asked_at: seconds since the epoch. A trade that was opened later is another one under the same number.
    """

    reason: str
    asked_at: float


class Standing(NamedTuple):
    """What stands since the last resume.

    Attributes:
        panic: why every position is to be closed; None where it is not.
        drawdown: how the portfolio has fallen; None where it has not.
        exits: requests to close one trade, by its number.
        resumed: number of the last resume; 0 for none.
    """

    panic: str | None = None
    drawdown: str | None = None
    exits: dict[int, ExitRequest] = {}  # noqa: RUF012 (read only)
    resumed: int = 0


@dataclass
class Requests:
    """The tables in one trade database; every call is a transaction of its own.

    Attributes:
        engine: of the trade database.
        prepared: the tables are known to be there.
    """

    engine: sa.Engine
    prepared: bool = False

    def standing(self) -> Standing:
        """Return what stands: one small SELECT.

        Raises:
            sqlalchemy.exc.SQLAlchemyError: the database cannot be read.
        """
        self._prepare()
        row = REQUESTS.c
        resumed = sa.select(sa.func.coalesce(sa.func.max(row.id), 0)).where(row.kind == RESUME).scalar_subquery()
        stands = sa.select(row.id, row.kind, row.trade_id, row.reason, row.asked_at, row.done_at).where(
            row.id >= resumed
        )
        with self.engine.connect() as connection:
            rows = connection.execute(stands.order_by(row.id)).all()
        return Standing(
            panic=next((one.reason for one in rows if one.kind == PANIC), None),
            drawdown=next((one.reason for one in rows if one.kind == DRAWDOWN), None),
            exits={
                one.trade_id: ExitRequest(one.reason, one.asked_at)
                for one in rows
                if one.kind == EXIT and one.done_at is None
            },
            resumed=next((one.id for one in rows if one.kind == RESUME), 0),
        )

    def ask(self, kind: str, now: float, reason: str, trade_ids: tuple[int | None, ...] = (None,)) -> None:
        """Add a request; one for each trade where it is for single trades."""
        self._prepare()
        rows = [{"asked_at": now, "kind": kind, "trade_id": one, "reason": reason} for one in trade_ids]
        with self.engine.begin() as connection:
            connection.execute(sa.insert(REQUESTS), rows)

    def settle(self, trade_ids: set[int], now: float) -> None:
        """Note that the exits of these trades are done: whatever gets such a number later is another trade."""
        row = REQUESTS.c
        asked = sa.update(REQUESTS).where(row.kind == EXIT, row.done_at.is_(None), row.trade_id.in_(trade_ids))
        with self.engine.begin() as connection:
            connection.execute(asked.values(done_at=now))

    def peak(self, resumed: int) -> float | None:
        """Return the highest profit of the portfolio since a resume; None where none was kept."""
        self._prepare()
        known = sa.select(PORTFOLIO.c.peak).where(PORTFOLIO.c.resumed == resumed)
        with self.engine.connect() as connection:
            value = connection.execute(known).scalar_one_or_none()
        return None if value is None else float(value)

    def keep_peak(self, resumed: int, peak: float) -> None:
        """Keep the highest profit since a resume, in the only row."""
        with self.engine.begin() as connection:
            if connection.execute(sa.update(PORTFOLIO).values(resumed=resumed, peak=peak)).rowcount == 0:
                connection.execute(sa.insert(PORTFOLIO).values(id=1, resumed=resumed, peak=peak))

    def _prepare(self) -> None:
        """Make the tables where they are not there yet; bot and command line may do so at the same time."""
        if not self.prepared:
            make_tables(self.engine)
            self.prepared = True


def make_tables(engine: sa.Engine) -> None:
    """Make the tables that are not there.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: they cannot be made.
    """
    try:
        TABLES.create_all(engine)
    except DBAPIError as error:
        if "already exists" not in str(error):
            raise
        # PostgreSQL says so when the other process has made all of them: it makes them at once, or not at all.
        TABLES.create_all(engine)


def patiently(ask: Callable[[], Answer], times: int, pause: float = 0.5) -> Answer:
    """Return what `ask` returns; a database that is locked is asked again.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: something else, or still locked after so many times.
    """
    for _ in range(times - 1):
        try:
            return ask()
        except OperationalError as error:
            if not any(word in str(error).lower() for word in BUSY):
                raise
            sleep(pause)
    return ask()
