"""Looks at a bot's trade database when it starts: what Freqtrade would lose in it, or read back changed."""

import logging
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import sqlalchemy as sa
from freqtrade.persistence import Trade

from robustop_plugin.bridge.startup.refusals import refuse

logger = logging.getLogger(__name__)

BACKUP = re.compile(r"trades_bak\d*")
"""The name of Freqtrade's backup of its trades, from before a migration."""
SECONDS_TO_WAIT = 30
"""How long a bot should wait for a SQLite database that another program has locked."""
RENAMED = "ALTER SEQUENCE orders_id_seq RENAME TO order_id_seq"
"""Freqtrade's migration looks for this sequence of PostgreSQL under a name that its own databases do not use."""
UTC_OPTION = "options=-c%20timezone%3DUTC"
"""What makes PostgreSQL read and write dates in UTC, in the query of a database URL."""


class KeptTrade(NamedTuple):
    """A trade in a table of trades.

    Attributes:
        trade_id: its number.
        pair: its pair.
        open_date: when it was opened, as the database writes it.
    """

    trade_id: int
    pair: str
    open_date: str


def look_at_trade_database() -> None:
    """Refuse to start where open trades were lost, and warn of what surprises.

    Raises:
        OperationalException: Open trades are missing; Freqtrade ends with this line.
    """
    session = getattr(Trade, "session", None)
    if session is None:  # a strategy that is started outside a bot
        return
    engine = session.get_bind()
    try:
        lost, surprises = list(left_behind(engine)), [*database_surprises(engine.url), *shifted_dates(engine)]
    except sa.exc.SQLAlchemyError as error:
        logger.warning("robustop: the trade database was not examined: %s", error)
        return
    refuse(lost)
    for sentence in surprises:
        logger.warning("robustop: %s", sentence)


def left_behind(engine: sa.Engine) -> Iterator[str]:
    """Yield a sentence for each backup of Freqtrade's trades whose open trades were not carried over.

    A migration that fails after renaming the table leaves an empty one: the next start sees no open trade. A backup
    of which some trades were carried over is of a migration that succeeded; what is missing then was deleted later.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: The database cannot be read.
    """
    cure = f', run "{RENAMED}", which Freqtrade needs to migrate,' if engine.dialect.name == "postgresql" else ","
    backups = [name for name in sa.inspect(engine).get_table_names() if BACKUP.fullmatch(name)]
    for name in sorted(backups):
        kept, here = _trades(engine, name), set(_trades(engine, "trades"))
        lost = [trade for trade, is_open in kept.items() if is_open]
        if lost and here.isdisjoint(kept):
            numbers = ", ".join(f"{trade.trade_id} ({trade.pair})" for trade in lost)
            yield (
                f"The trade database has {len(lost)} open trades in {name} that are missing in trades: {numbers}. A "
                "migration of Freqtrade's has failed between the two: nothing would protect these positions. Stop the "
                f"bot, restore the database from before the update{cure} and remove what others have added to {name} "
                f"(views, triggers, foreign keys). If the positions are closed, drop {name}."
            )


def database_surprises(url: sa.URL) -> Iterator[str]:
    """Yield what is surprising about a database, as its URL says."""
    if url.get_backend_name() != "sqlite" or url.database in (None, "", ":memory:"):
        return
    given = str(url.query.get("timeout", ""))
    if not _is_long_enough(given):
        yield (
            f"another program that locks the trade database for some seconds (a backup, a viewer) would end the bot: "
            f"add ?timeout={SECONDS_TO_WAIT} to db_url, such as sqlite:///{url.database}?timeout={SECONDS_TO_WAIT}"
        )


def shifted_dates(engine: sa.Engine) -> Iterator[str]:
    """Yield a sentence if PostgreSQL's time zone is not UTC: Freqtrade reads other dates than it has written.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: The database cannot be read.
    """
    if engine.url.get_backend_name() != "postgresql":
        return
    offset = "extract(timezone from timestamptz '2026-{}-01 12:00+00')"
    with engine.connect() as connection:
        winter, summer, zone = connection.execute(
            sa.text(f"SELECT {offset.format('01')}, {offset.format('07')}, current_setting('TimeZone')")
        ).one()
    if winter or summer:
        separator = "&" if engine.url.query else "?"
        yield (
            f"the time zone of the PostgreSQL database is {zone}: Freqtrade reads dates shifted by its distance from "
            "UTC, so orders time out at once or late, and minimal_roi counts from the wrong time; add "
            f"{separator}{UTC_OPTION} to db_url"
        )


def _is_long_enough(seconds: str) -> bool:
    try:
        return float(seconds) >= SECONDS_TO_WAIT
    except ValueError:
        return False


def _trades(engine: sa.Engine, table: str) -> dict[KeptTrade, bool]:
    """Return the trades of a table, and whether each is open."""
    columns: list[sa.ColumnClause[Any]] = [sa.column(name) for name in ("id", "pair", "open_date", "is_open")]
    with engine.connect() as connection:
        rows = connection.execute(sa.select(*columns).select_from(sa.table(table))).all()
    return {KeptTrade(row.id, row.pair, str(row.open_date)): bool(row.is_open) for row in rows}
