"""Which messages about the whole bot were sent, in robustop's own table in the trade database.

A restarted bot finds the same drawdown or the same unexplained balance again, and does not report it twice. Messages
about a trade are remembered in the state of the trade.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa

from robustop_plugin.audit.requests import reading, transaction

TABLES = sa.MetaData()
"""Separate metadata: with Freqtrade's own, its migrations would treat this table as Freqtrade's."""
LONGEST_KEY = 200
SECONDS_TO_REMEMBER = 30 * 86400.0
"""What is found again after this time is reported again."""

MESSAGES = sa.Table(
    "robustop_messages",
    TABLES,
    sa.Column("key", sa.String(LONGEST_KEY), primary_key=True),
    sa.Column("sent_at", sa.Float(53), nullable=False),
)


@dataclass
class SentMessages:
    """The table in one trade database; every call is a transaction of its own.

    Attributes:
        engine: the engine of the trade database.
    """

    engine: sa.Engine

    def known(self) -> set[str]:
        """Return the keys of the messages that were sent.

        Raises:
            sqlalchemy.exc.SQLAlchemyError: the database cannot be read.
        """
        if not sa.inspect(self.engine).has_table(MESSAGES.name):
            return set()
        with reading(self.engine) as connection:
            return set(connection.execute(sa.select(MESSAGES.c.key)).scalars())

    def add(self, keys: Iterable[str], now: float) -> None:
        """Remember messages, and forget very old ones.

        Raises:
            sqlalchemy.exc.SQLAlchemyError: the database does not take it.
        """
        wanted = [key[:LONGEST_KEY] for key in keys]
        TABLES.create_all(self.engine)
        old = MESSAGES.c.sent_at < now - SECONDS_TO_REMEMBER
        with transaction(self.engine) as connection:
            connection.execute(sa.delete(MESSAGES).where(old | MESSAGES.c.key.in_(wanted)))
            connection.execute(sa.insert(MESSAGES), [{"key": key, "sent_at": now} for key in wanted])
