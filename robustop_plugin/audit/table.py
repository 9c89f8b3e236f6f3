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
from robustop_plugin.audit.requests import TABLES, make_tables

logger = logging.getLogger(__name__)

ENCODER = json.JSONEncoder(allow_nan=False)
LONGEST_PAUSE = 60.0
"""Seconds between two tries to write into a database that refuses."""
AT_ONCE = 500
"""Records of one statement."""

AUDIT = sa.Table(
    "robustop_audit",
    TABLES,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("token", sa.String(80), nullable=False, unique=True),
    sa.Column("time", sa.Float(53), nullable=False),
    # Freqtrade's trades may be deleted and renamed: no foreign key.
    sa.Column("trade_id", sa.Integer, nullable=False, index=True),
    sa.Column("pair", sa.String(64), nullable=False),
    sa.Column("side", sa.Integer, nullable=False),
    sa.Column("action", sa.String(16), nullable=False),
    sa.Column("price", sa.Float(53)),
    sa.Column("old_stop", sa.Float(53)),
    sa.Column("new_stop", sa.Float(53)),
    sa.Column("engine", sa.String(64)),
    sa.Column("rule", sa.String(64)),
    sa.Column("phase", sa.String(64)),
    sa.Column("reason", sa.Text),
    sa.Column("facts", sa.Text, nullable=False),
    sqlite_autoincrement=True,
)


class AuditTable:
    """A sink that inserts records into the trade database; until the next `flush` they wait in memory.

    The database is not written while a record is accepted: Freqtrade may then hold a write lock of its own.

    Until then the state of its trade carries a record.
    """

    def __init__(self, engine: Callable[[], sa.Engine]) -> None:
        """Take what returns the engine of the trade database, once that is open."""
        self._engine = engine
        self._waiting: dict[str, dict[str, Any]] = {}
        self._prepared = False
        self._pause = 0.0
        self._next_try = 0.0

    @property
    def is_empty(self) -> bool:
        """True if every record that was accepted is stored."""
        return not self._waiting

    def write(self, record: AuditRecord) -> None:
        """Accept one record."""
        self._waiting[record.token] = _row(record.to_dict())

    def flush(self) -> None:
        """Store the waiting records; after an error log it once, and try again later and later."""
        if not self._waiting or time.monotonic() < self._next_try:
            return
        try:
            if not self._prepared:
                make_tables(self._engine())
                self._prepared = True
            add_rows(self._engine(), list(self._waiting.values()))
        except SQLAlchemyError as error:
            if not self._pause:
                logger.error("robustop: the audit waits in memory, the trade database did not take it: %s", error)
            self._pause = min(max(1.0, self._pause * 2), LONGEST_PAUSE)
            self._next_try = time.monotonic() + self._pause
            return
        self._waiting.clear()
        self._pause = self._next_try = 0.0


def add_rows(engine: sa.Engine, rows: list[dict[str, Any]]) -> int:
    """Insert rows whose tokens are new, in one transaction; return how many were.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: the database cannot be written.
    """
    dialect: Any = postgresql if engine.dialect.name == "postgresql" else sqlite
    count = sa.select(sa.func.count()).select_from(AUDIT)
    with engine.begin() as connection:
        before = connection.execute(count).scalar_one()
        for begin in range(0, len(rows), AT_ONCE):
            statement = dialect.insert(AUDIT).on_conflict_do_nothing(index_elements=["token"])
            connection.execute(statement, rows[begin : begin + AT_ONCE])
        return int(connection.execute(count).scalar_one() - before)


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
    query = sa.select(AUDIT).order_by(AUDIT.c.id)
    if trade_id is not None:
        query = query.where(AUDIT.c.trade_id == trade_id)
    if pair is not None:
        query = query.where(AUDIT.c.pair == pair)
    with engine.connect() as connection:
        for row in connection.execute(query).mappings():
            yield {**{name: row[name] for name in NAMES}, "facts": json.loads(row["facts"])}


def import_records(engine: sa.Engine, records: Iterable[Mapping[str, Any]]) -> int:
    """Insert exported records whose tokens are new; return how many were.

    Raises:
        KeyError: a record lacks a field.
        ValueError: a record holds what JSON cannot.
        sqlalchemy.exc.SQLAlchemyError: the database cannot be written.
    """
    rows = [_row(record) for record in records]
    make_tables(engine)
    return add_rows(engine, rows) if rows else 0


def _row(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a record as a row.

    Raises:
        KeyError: it lacks a field.
        ValueError: a fact is no JSON.
    """
    return {**{name: record[name] for name in NAMES}, "facts": ENCODER.encode(record["facts"])}
