"""The settings that a bot has started with, in robustop's own table in the trade database.

The block may be in the class of the strategy, which only the bot loads. What looks at the bot from outside, such as
`robustop status`, reads here what the stops are made of.
"""

import json
from typing import Any, NamedTuple

import sqlalchemy as sa

from robustop_plugin.audit.requests import TABLES, make_tables, transaction

THE_ROW = 1
SETTINGS = sa.Table(
    "robustop_settings",
    TABLES,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("started_at", sa.Float(53), nullable=False),
    sa.Column("strategy", sa.Text, nullable=False),
    sa.Column("build", sa.Text, nullable=False),
    sa.Column("on_exchange", sa.Boolean, nullable=False),
    sa.Column("blocks", sa.Text, nullable=False),
)


class BotSettings(NamedTuple):
    """What a bot has started with.

    Attributes:
        started_at: when, in seconds since the epoch; also when it has read its configuration again.
        strategy: the name of the strategy class.
        build: version and hash of the installed robustop.
        on_exchange: True if stops rest as orders on the exchange.
        blocks: the robustop blocks as JSON-ready data: `default`, and `pairs` by the name of the pair.
    """

    started_at: float
    strategy: str
    build: str
    on_exchange: bool
    blocks: dict[str, Any]


def keep_settings(engine: sa.Engine, settings: BotSettings) -> None:
    """Store the settings, in place of those of the last start.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: the database does not take them.
    """
    make_tables(engine)
    row = {**settings._asdict(), "blocks": json.dumps(settings.blocks)}
    with transaction(engine) as connection:
        if connection.execute(sa.update(SETTINGS).values(**row)).rowcount == 0:
            connection.execute(sa.insert(SETTINGS).values(id=THE_ROW, **row))


def read_settings(connection: sa.Connection) -> BotSettings | None:
    """Return the settings of the last start; None if none are stored.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: the database cannot be read.
        ValueError: what is stored is not JSON.
    """
    if not sa.inspect(connection).has_table(SETTINGS.name):
        return None
    row = connection.execute(sa.select(SETTINGS)).mappings().first()
    if row is None:
        return None
    values = {name: row[name] for name in BotSettings._fields}
    return BotSettings(**{**values, "blocks": json.loads(row["blocks"])})
