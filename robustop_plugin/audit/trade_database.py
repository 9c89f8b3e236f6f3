"""Opens a trade database for the command line and reads its open trades, without Freqtrade."""

from pathlib import Path
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

TRADES = sa.table(
    "trades",
    sa.column("id", sa.Integer),
    sa.column("pair", sa.String),
    sa.column("is_short", sa.Boolean),
    sa.column("is_open", sa.Boolean),
    sa.column("amount", sa.Float),
    sa.column("open_rate", sa.Float),
    sa.column("stop_loss", sa.Float),
)
"""The columns of Freqtrade's table that are shown."""

INSTALL_POSTGRES = 'pip install "robustop[postgres]" for postgresql+psycopg://'


class DatabaseUnreadable(Exception):
    """The trade database cannot be read; the message is one line that says what to do."""


class OpenTrade(NamedTuple):
    """An open trade.

    Attributes:
        trade_id: the number of the trade in the database.
        pair: the pair of the trade.
        side: long or short.
        amount: the amount, in base currency.
        entry: the open rate, in price.
        stop: the stop in force, in price; None without one.
    """

    trade_id: int
    pair: str
    side: str
    amount: float
    entry: float
    stop: float | None


def shown(url: str) -> str:
    """Return a database URL without its password."""
    return sa.make_url(url).render_as_string(hide_password=True)


def open_database(url: str) -> sa.Engine:
    """Return the engine of an existing trade database.

    Raises:
        DatabaseUnreadable: the URL is invalid, or there is no database. A missing SQLite file is not created.
    """
    try:
        parts = sa.make_url(url)
        if parts.get_backend_name() == "sqlite" and not _is_file(parts.database):
            raise DatabaseUnreadable(
                f"{shown(url)}: there is no such trade database; run this where the bot runs, or give --db-url"
            )
        return sa.create_engine(parts)
    except ImportError as error:
        needs = INSTALL_POSTGRES if url.startswith("postgresql") else "name one that is installed in the URL"
        raise DatabaseUnreadable(f"{shown(url)}: its driver is not there, {error}; {needs}") from error
    except (ArgumentError, NoSuchModuleError) as error:
        raise DatabaseUnreadable(f"db-url was no database URL that can be opened: {error}") from error


def open_trades(engine: sa.Engine) -> list[OpenTrade]:
    """Return the open trades, oldest first.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: it is not a trade database of Freqtrade, or cannot be read.
    """
    columns = TRADES.c
    chosen = columns.id, columns.pair, columns.is_short, columns.amount, columns.open_rate, columns.stop_loss
    with engine.connect() as connection:
        rows = connection.execute(sa.select(*chosen).where(columns.is_open).order_by(columns.id)).all()
    return [
        OpenTrade(row.id, row.pair, "short" if row.is_short else "long", row.amount, row.open_rate, row.stop_loss)
        for row in rows
    ]


def why_unreadable(engine: sa.Engine, error: SQLAlchemyError) -> str:
    """Return one line about a database error."""
    cause = getattr(error, "orig", None) or error
    return f"{shown(str(engine.url))}: the trade database could not be used: {cause}; see --db-url and --config"


def _is_file(database: str | None) -> bool:
    return database is not None and database not in ("", ":memory:") and Path(database).is_file()
