"""The audit of a bot, in robustop's own table in the trade database: append-only, each token once."""

import json
import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError

from robustop_plugin.audit.record import NAMES, AuditRecord
from robustop_plugin.audit.requests import make_tables, transaction
from robustop_plugin.audit.stored_records import AUDIT

logger = logging.getLogger(__name__)

ENCODER = json.JSONEncoder(allow_nan=False)
LONGEST_PAUSE = 60.0
"""Seconds between two tries to write into a database that refuses."""
AT_ONCE = 500
"""Records of one statement."""
PAGE = 1000
"""Records that are read at once. A reader that kept a transaction open would keep a bot from writing to SQLite."""
INSERTS: dict[str, Callable[[sa.Table], Any]] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
"""The databases that can hold the table, and how each skips a row whose token it has."""


def always() -> bool:
    """Return True: nothing else of this process writes to the database."""
    return True


class AuditTable:
    """A sink that inserts records into the trade database; until the next `flush` they wait in memory.

    The database is not written while a record is accepted: Freqtrade may then hold a write lock of its own.

    Until then the state of its trade carries a record.
    """

    def __init__(
        self,
        engine: Callable[[], sa.Engine],
        may_write: Callable[[], bool] = always,
        failed: Callable[[SQLAlchemyError], None] | None = None,
    ) -> None:
        """Take what returns the engine of the trade database, once that is open.

        Args:
            engine: Returns the engine.
            may_write: Returns False while a write would wait for this process itself, or is known to fail.
            failed: Called with the error of a write that failed.
        """
        self._engine = engine
        self._may_write = may_write
        self._failed = failed
        self._waiting: dict[str, dict[str, Any]] = {}
        self._prepared = False
        self._pause = 0.0
        self._next_try = 0.0

    @property
    def is_empty(self) -> bool:
        """True if every record that was accepted is stored."""
        return not self._waiting

    def write(self, record: AuditRecord) -> None:
        """Accept one record; of two with one token, the first.

        Raises:
            ValueError: a number in it is not finite.
        """
        self._waiting.setdefault(record.token, _row(record.to_dict()))

    def flush(self) -> None:
        """Store the waiting records; after an error log it once, and try again later and later."""
        if not self._waiting or time.monotonic() < self._next_try or not self._may_write():
            return
        rows = list(self._waiting.values())
        try:
            if not self._prepared:
                make_tables(self._engine())
                self._prepared = True
            add_rows(self._engine(), rows)
        except SQLAlchemyError as error:
            self._note_failure(error)
            return
        # Meanwhile a thread of Freqtrade's API may have recorded something.
        for row in rows:
            self._waiting.pop(row["token"], None)
        self._pause = self._next_try = 0.0

    def _note_failure(self, error: SQLAlchemyError) -> None:
        # A database that was restored from a backup may lack the table.
        self._prepared = False
        if not self._pause:
            logger.error("robustop: the audit waits in memory, the trade database did not take it: %s", error)
        self._pause = min(max(1.0, self._pause * 2), LONGEST_PAUSE)
        self._next_try = time.monotonic() + self._pause
        if self._failed is not None:
            self._failed(error)


def add_rows(engine: sa.Engine, rows: list[dict[str, Any]]) -> None:
    """Insert rows whose tokens are new, in one transaction.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: the database cannot be written.
    """
    with transaction(engine) as connection:
        _insert(connection, rows)


def read_table(engine: sa.Engine, trade_id: int | None = None, pair: str | None = None) -> Iterator[dict[str, Any]]:
    """Yield the stored records, in the order in which they were stored; nothing if there is no table yet.

    Args:
        engine: the engine of the trade database.
        trade_id: only records of the trades with this number.
        pair: only records of this pair.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: the database cannot be read.
    """
    if not sa.inspect(engine).has_table(AUDIT.name):
        return
    query = sa.select(AUDIT).order_by(AUDIT.c.id).limit(PAGE)
    if trade_id is not None:
        query = query.where(AUDIT.c.trade_id == trade_id)
    if pair is not None:
        query = query.where(AUDIT.c.pair == pair)
    last, is_whole = 0, False
    while not is_whole:
        with engine.connect() as connection:
            page = connection.execute(query.where(AUDIT.c.id > last)).mappings().all()
        for row in page:
            yield {**{name: row[name] for name in NAMES}, "facts": json.loads(row["facts"])}
            last = row["id"]
        is_whole = len(page) < PAGE


def import_records(engine: sa.Engine, records: Iterable[Mapping[str, Any]]) -> int:
    """Insert exported records whose tokens are new; return how many were.

    Raises:
        KeyError: a record lacks a field.
        ValueError: a record holds what JSON cannot.
        sqlalchemy.exc.SQLAlchemyError: the database cannot be written.
    """
    rows = [_row(record) for record in records]
    make_tables(engine)
    count = sa.select(sa.func.count()).select_from(AUDIT)
    with transaction(engine) as connection:
        before = connection.execute(count).scalar_one()
        _insert(connection, rows)
        return int(connection.execute(count).scalar_one() - before)


def _insert(connection: sa.Connection, rows: list[dict[str, Any]]) -> None:
    """Insert rows whose tokens are new."""
    statement = INSERTS[connection.dialect.name](AUDIT).on_conflict_do_nothing(index_elements=["token"])
    for begin in range(0, len(rows), AT_ONCE):
        connection.execute(statement, rows[begin : begin + AT_ONCE])


def _row(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a record as a row.

    Raises:
        KeyError: it lacks a field.
        ValueError: a number in it is not finite.
    """
    values = {name: record[name] for name in NAMES}
    ENCODER.encode(values)
    return {**{name: _storable(value) for name, value in values.items()}, "facts": ENCODER.encode(values["facts"])}


def _storable(value: Any) -> Any:
    """Return a text without what no database takes, NUL characters and halves of characters; else the value."""
    if not isinstance(value, str):
        return value
    return value.encode("utf-8", "backslashreplace").decode().replace("\x00", "\\x00")
