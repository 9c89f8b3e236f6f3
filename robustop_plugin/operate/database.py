"""Opens a bot's trade database so that the bot is never kept waiting, and reads it as it was at one moment."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import sqlalchemy as sa

from robustop_plugin.audit.requests import LOCK_TIMEOUT
from robustop_plugin.audit.trade_database import open_database

SECONDS_TO_WAIT = 5.0
"""How long a reader waits for a SQLite database that another program has locked."""


def open_for_reading(url: str) -> sa.Engine:
    """Return an engine that cannot write to an existing trade database.

    Raises:
        DatabaseUnreadable: the URL is invalid, or there is no database.
    """
    parts = sa.make_url(url) if url.startswith("sqlite") else None
    engine = open_database(url)
    if parts is None or parts.database is None:
        return engine
    file = f"file:{quote(str(Path(parts.database).absolute()))}?mode=ro"

    def connect() -> sqlite3.Connection:
        return sqlite3.connect(file, uri=True, timeout=SECONDS_TO_WAIT, check_same_thread=False)

    return sa.create_engine(parts, creator=connect)


@contextmanager
def snapshot(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Open a connection all of whose queries see the database as it was at the first of them.

    Keep it short: a reader of SQLite blocks no writer in the mode that Freqtrade chooses (WAL), but would in another.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: the database cannot be read.
    """
    if engine.dialect.name == "postgresql":
        with engine.connect() as plain:
            connection = plain.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            connection.execute(sa.text(LOCK_TIMEOUT))
            yield connection
        return
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            # Python's driver begins a transaction at the first write only.
            connection.exec_driver_sql("BEGIN")
        yield connection
