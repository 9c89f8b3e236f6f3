"""First entries that Freqtrade was asked to make, in a table of robustop's own in the trade database.

There is no trade yet to which they could belong. One row per pair, the last request.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import sqlalchemy as sa

from robustop_plugin.audit.requests import REQUESTS, RESUME, TABLES, make_tables, transaction

ENTRIES = sa.Table(
    "robustop_entries",
    TABLES,
    sa.Column("pair", sa.String(64), primary_key=True),
    sa.Column("side", sa.String(4), nullable=False),
    sa.Column("amount", sa.Float(53), nullable=False),
    sa.Column("asked_at", sa.Float(53), nullable=False),
)


class PendingEntry(NamedTuple):
    """A first entry that was asked for.

    Attributes:
        pair: the pair's name.
        side: side of the order, `buy` or `sell`.
        amount: in base currency, as the exchange rounds it.
        asked_at: in seconds since the epoch.
    """

    pair: str
    side: str
    amount: float
    asked_at: float


class PendingEntries:
    """The requests in one trade database; in memory if no other process could read the database."""

    def __init__(self, engine: sa.Engine) -> None:
        """Take the engine of the trade database."""
        is_memory = engine.url.get_backend_name() == "sqlite" and engine.url.database in (None, "", ":memory:")
        self._engine = None if is_memory else engine
        self._memory: dict[str, PendingEntry] = {}
        self._prepared = False

    def of(self, pair: str) -> PendingEntry | None:
        """Return the last request for a pair; None if it is settled, or older than the last `resume`.

        Raises:
            sqlalchemy.exc.SQLAlchemyError: the database cannot be read.
        """
        if self._engine is None:
            return self._memory.get(pair)
        with self._connected(self._engine) as connection:
            row = connection.execute(sa.select(ENTRIES).where(ENTRIES.c.pair == pair)).one_or_none()
            resumed = sa.select(sa.func.max(REQUESTS.c.asked_at)).where(REQUESTS.c.kind == RESUME)
            is_void = row is not None and (connection.execute(resumed).scalar() or 0.0) >= row.asked_at
        return None if row is None or is_void else PendingEntry(row.pair, row.side, row.amount, row.asked_at)

    def note(self, request: PendingEntry) -> None:
        """Write a request, in place of the one before for its pair.

        Raises:
            sqlalchemy.exc.SQLAlchemyError: the database cannot be written.
        """
        self._memory[request.pair] = request
        if self._engine is not None:
            with self._connected(self._engine) as connection:
                connection.execute(sa.delete(ENTRIES).where(ENTRIES.c.pair == request.pair))
                connection.execute(sa.insert(ENTRIES).values(**request._asdict()))

    def settle(self, pair: str) -> None:
        """Remove the request for a pair.

        Raises:
            sqlalchemy.exc.SQLAlchemyError: the database cannot be written.
        """
        self._memory.pop(pair, None)
        if self._engine is not None:
            with self._connected(self._engine) as connection:
                connection.execute(sa.delete(ENTRIES).where(ENTRIES.c.pair == pair))

    @contextmanager
    def _connected(self, engine: sa.Engine) -> Iterator[sa.Connection]:
        if not self._prepared:
            make_tables(engine)
            self._prepared = True
        with transaction(engine) as connection:
            yield connection
