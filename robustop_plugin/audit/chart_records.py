"""Reads from the audit's table what a chart needs: whole trades, but only those that the chart may show."""

import json
from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from robustop_plugin.audit.record import NAMES
from robustop_plugin.audit.requests import reading
from robustop_plugin.audit.stored_records import AUDIT


def records_since(engine: sa.Engine, pair: str, since: float, also: Collection[int]) -> list[dict[str, Any]]:
    """Return all records of those trades of a pair that had one since a moment; none if there is no table yet.

    A bot's table grows with the years, and FreqUI asks for a chart again and again.

    Args:
        engine: the engine of the trade database.
        pair: the pair's name.
        since: in seconds since the epoch.
        also: numbers of trades that are wanted in any case, such as the open ones.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: the database cannot be read.
    """
    if not sa.inspect(engine).has_table(AUDIT.name):
        return []
    column = AUDIT.c
    recent = sa.select(column.trade_id).where(column.pair == pair, column.time >= since)
    wanted = sa.or_(column.trade_id.in_(recent), column.trade_id.in_(also))
    # The columns by name: a table that a newer release has given more of them can be read too.
    query = sa.select(*(column[name] for name in NAMES)).where(column.pair == pair, wanted).order_by(column.id)
    with reading(engine) as connection:
        rows = connection.execute(query).mappings().all()
    return [{**row, "facts": json.loads(row["facts"])} for row in rows]
