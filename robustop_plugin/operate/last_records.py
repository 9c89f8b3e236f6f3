"""The last audit records of trades: what robustop did, and which of it moved the stop."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import sqlalchemy as sa

from robustop_plugin.audit.stored_records import AUDIT
from robustop_plugin.operate.database import snapshot

MOVES = ("initial", "adopted", "move", "host", "averaged")
"""Actions after which the stop is where it is."""
TOKEN_PARTS = 3
"""Parts of a token; records of a shadow have one more."""

Record = Mapping[str, Any]


class LastRecords(NamedTuple):
    """The last records of a trade, each with the fields of `audit.record.AuditRecord` but for the facts.

    Attributes:
        any: the last record; None without one.
        move: the last record of a move of the stop; None without one.
    """

    any: Record | None = None
    move: Record | None = None


def stored_records(connection: sa.Connection, chosen: sa.Select[tuple[int]]) -> dict[int, list[Record]]:
    """Return the last stored records of trades, and of their moves, by the number of the trade.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: they cannot be read.
    """
    if not sa.inspect(connection).has_table(AUDIT.name):
        return {}
    record = AUDIT.c
    own = record.trade_id.in_(chosen), ~record.token.like("%:%:%:%")
    newest = sa.select(sa.func.max(record.id)).group_by(record.trade_id)
    ids = sa.union_all(newest.where(*own), newest.where(*own, record.action.in_(MOVES)))
    return _by_trade(connection, record.id.in_(ids))


def move_records(engine: sa.Engine, numbers: list[int]) -> Callable[[int, int], list[Record]]:
    """Return a function from number and opening time of a trade to the stored records of the moves of its stop.

    Args:
        engine: of the trade database.
        numbers: the numbers of the trades that it is asked about.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: they cannot be read.
    """
    found: dict[int, list[Record]] = {}
    with snapshot(engine) as connection:
        if sa.inspect(connection).has_table(AUDIT.name):
            found = _by_trade(connection, AUDIT.c.trade_id.in_(numbers), AUDIT.c.action.in_(MOVES))
    return lambda number, opened_ms: sorted(_own(found.get(number, []), number, opened_ms), key=_sequence)


def _by_trade(connection: sa.Connection, *conditions: sa.ColumnElement[bool]) -> dict[int, list[Record]]:
    """Return the stored records that meet conditions, by the number of the trade."""
    columns = [column for column in AUDIT.c if column.name not in ("id", "facts")]
    found: dict[int, list[Record]] = {}
    for row in connection.execute(sa.select(*columns).where(*conditions).order_by(AUDIT.c.id)).mappings():
        found.setdefault(row["trade_id"], []).append(dict(row))
    return found


def last_records(stored: Iterable[Record], carried: Iterable[Record], number: int, opened_ms: int) -> LastRecords:
    """Return the last records of a trade.

    Args:
        stored: records of its number in the database; those of an earlier trade of that number are left out.
        carried: records that its state carries until they are stored.
        number: the number of the trade.
        opened_ms: when it was opened, in milliseconds since the epoch.
    """
    own = sorted(_own((*stored, *carried), number, opened_ms), key=_sequence)
    move = next((record for record in reversed(own) if record["action"] in MOVES), None)
    return LastRecords(own[-1] if own else None, move)


def _own(records: Iterable[Record], number: int, opened_ms: int) -> Iterator[Record]:
    for record in records:
        parts = str(record.get("token")).split(":")
        if len(parts) == TOKEN_PARTS and parts[:2] == [str(number), str(opened_ms)] and parts[2].isdigit():
            yield {name: value for name, value in record.items() if name != "facts"}


def _sequence(record: Record) -> int:
    return int(str(record["token"]).rpartition(":")[2])
