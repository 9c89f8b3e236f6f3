"""Reads from the audit which breakers are open: those whose last record does not say that they were closed."""

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from robustop_plugin.audit.record import BREAKER, BREAKER_CLOSED
from robustop_plugin.audit.stored_records import AUDIT
from robustop_plugin.operate.database import snapshot
from robustop_plugin.operate.findings.look import OpenBreaker
from robustop_plugin.operate.trade_view import TradeView


def open_breakers(engine: sa.Engine, trades: Iterable[TradeView], since: float | None) -> dict[int, OpenBreaker]:
    """Return the breakers that are open, by number of the trade.

    Args:
        engine: of the trade database.
        trades: the open trades.
        since: when the process of the bot began, in seconds since the epoch: an earlier process has taken its breakers
            with it. None if that is not known.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: the database cannot be read.
    """
    opened = {trade.number: max(trade.opened_at, since or 0.0) for trade in trades}
    found: dict[int, OpenBreaker] = {}
    for row in _records(engine, opened):
        if row.time < opened[row.trade_id]:
            continue
        if str(row.reason).endswith(BREAKER_CLOSED):
            found.pop(row.trade_id, None)
        else:
            found[row.trade_id] = OpenBreaker(row.time, str(row.reason))
    return found


def _records(engine: sa.Engine, numbers: Iterable[int]) -> Sequence[Any]:
    record = AUDIT.c
    with snapshot(engine) as connection:
        if not sa.inspect(connection).has_table(AUDIT.name):
            return []
        query = sa.select(record.trade_id, record.time, record.reason).where(
            record.action == BREAKER, record.trade_id.in_(list(numbers))
        )
        return connection.execute(query.order_by(record.id)).all()
