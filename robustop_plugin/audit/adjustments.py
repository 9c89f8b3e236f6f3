"""Stops that a person asks for, in a table of robustop's own in the trade database.

The command line adds rows. A bot reads those without an outcome together with the other requests, and writes the
outcome of each once. Rows are neither deleted nor changed otherwise.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import sqlalchemy as sa

from robustop_plugin.audit.requests import TABLES, Requests, Standing, pending_query, reading, standing_of, transaction

ADJUSTMENTS = sa.Table(
    "robustop_adjustments",
    TABLES,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("asked_at", sa.Float(53), nullable=False),
    sa.Column("asked_by", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    # Freqtrade's trades may be deleted and renamed: no foreign key. A number alone may be given again.
    sa.Column("trade_id", sa.Integer, nullable=False),
    sa.Column("opened_ms", sa.BigInteger, nullable=False),
    sa.Column("pair", sa.Text, nullable=False),
    sa.Column("side", sa.Integer, nullable=False),
    sa.Column("stop", sa.Float(53), nullable=False),
    sa.Column("rule", sa.String(16), nullable=False),
    sa.Column("may_close", sa.Integer, nullable=False),
    sa.Column("done_at", sa.Float(53)),
    sa.Column("old_stop", sa.Float(53)),
    sa.Column("new_stop", sa.Float(53)),
    sa.Column("refused", sa.Text),
    # The number of a row is never reused.
    sqlite_autoincrement=True,
)
ADJUST = "adjust"
"""Kind of these rows among the other requests."""
OF_REQUESTS = ("id", "kind", "trade_id", "reason", "asked_at", "done_at")
"""Columns that all requests have."""
ASKED = ("asked_by", "opened_ms", "pair", "side", "stop", "rule", "may_close")
"""Columns that only these requests have."""


class Adjustment(NamedTuple):
    """A person's request for a stop.

    Attributes:
        trade_id: the number of the trade.
        opened_ms: when the trade was opened, in milliseconds since the epoch.
        pair: the pair of the trade.
        side: +1 long, -1 short.
        stop: the stop that is asked for, in price.
        rule: `stop` or `breakeven`.
        may_close: True if the stop may close the trade at once.
        reason: the reason given.
        asked_by: who asked.
        asked_at: when, in seconds since the epoch.
        number: the number of the request; 0 before it is written.
    """

    trade_id: int
    opened_ms: int
    pair: str
    side: int
    stop: float
    rule: str
    may_close: bool
    reason: str
    asked_by: str
    asked_at: float
    number: int = 0


class Verdict(NamedTuple):
    """What a bot has done with a request.

    Attributes:
        number: the number of the request.
        done_at: when it was taken or refused, in seconds since the epoch.
        old_stop: the stop in force then, in price; None if it was refused.
        new_stop: the stop that is desired since then, in price; None if it was refused.
        refused: why it was refused; None if it was taken.
    """

    number: int
    done_at: float
    old_stop: float | None = None
    new_stop: float | None = None
    refused: str | None = None


@dataclass
class Adjustments:
    """The table in one trade database; every call is a transaction of its own.

    Attributes:
        requests: the other requests in that database.
    """

    requests: Requests

    def poll(self) -> tuple[Standing, tuple[Adjustment, ...]]:
        """Return all that is pending, both kinds of requests with one SELECT.

        Raises:
            sqlalchemy.exc.SQLAlchemyError: the database cannot be read.
        """
        self.requests.prepare()
        query = sa.union_all(_others(), _pending())
        with reading(self.requests.engine) as connection:
            rows = sorted(connection.execute(query).all(), key=lambda row: int(row.id))
        others = [row for row in rows if row.kind != ADJUST]
        return standing_of(others), tuple(_adjustment(row) for row in rows if row.kind == ADJUST)

    def pending(self) -> tuple[Adjustment, ...]:
        """Return the requests that no bot has taken or refused.

        Raises:
            sqlalchemy.exc.SQLAlchemyError: the database cannot be read.
        """
        return self.poll()[1]

    def pending_if_there(self) -> tuple[Adjustment, ...]:
        """Return the same, without making the table if there is none.

        Raises:
            sqlalchemy.exc.SQLAlchemyError: the database cannot be read.
        """
        there = sa.inspect(self.requests.engine)
        return self.pending() if there.has_table(ADJUSTMENTS.name) else ()

    def ask(self, wanted: Iterable[Adjustment]) -> list[int]:
        """Write requests, all or none; return their numbers.

        Raises:
            sqlalchemy.exc.SQLAlchemyError: the database cannot be written.
        """
        self.requests.prepare()
        with transaction(self.requests.engine) as connection:
            inserted = [connection.execute(sa.insert(ADJUSTMENTS).values(**_row(one))) for one in wanted]
            return [int(row.inserted_primary_key[0]) for row in inserted if row.inserted_primary_key]

    def settle(self, verdicts: Sequence[Verdict]) -> None:
        """Write outcomes; the first outcome of a request stays.

        Raises:
            sqlalchemy.exc.SQLAlchemyError: the database cannot be written.
        """
        row = ADJUSTMENTS.c
        with transaction(self.requests.engine) as connection:
            for verdict in verdicts:
                values = verdict._asdict()
                number = values.pop("number")
                undecided = sa.update(ADJUSTMENTS).where(row.id == number, row.done_at.is_(None))
                connection.execute(undecided.values(**values))

    def verdicts(self, numbers: Iterable[int]) -> list[Verdict]:
        """Return the outcomes of those requests that have one.

        Raises:
            sqlalchemy.exc.SQLAlchemyError: the database cannot be read.
        """
        row = ADJUSTMENTS.c
        chosen = sa.select(row.id, row.done_at, row.old_stop, row.new_stop, row.refused)
        decided = chosen.where(row.id.in_(list(numbers)), row.done_at.is_not(None)).order_by(row.id)
        with reading(self.requests.engine) as connection:
            return [Verdict(*found) for found in connection.execute(decided).all()]


def _others() -> "sa.Select[Any]":
    """Return the SELECT of the other requests, with an empty value for each column that only these have."""
    empty = [sa.cast(sa.null(), ADJUSTMENTS.c[name].type).label(name) for name in ASKED]
    return pending_query().add_columns(*empty)


def _pending() -> "sa.Select[Any]":
    """Return the SELECT of the requests without an outcome, in the columns of `_others`."""
    columns = {**ADJUSTMENTS.c, "kind": sa.literal(ADJUST).label("kind")}
    return sa.select(*(columns[name] for name in (*OF_REQUESTS, *ASKED))).where(ADJUSTMENTS.c.done_at.is_(None))


def _adjustment(row: Any) -> Adjustment:
    values = {name: getattr(row, name) for name in Adjustment._fields if name != "number"}
    return Adjustment(**{**values, "may_close": bool(row.may_close)}, number=int(row.id))


def _row(request: Adjustment) -> dict[str, Any]:
    values = {**request._asdict(), "may_close": int(request.may_close)}
    del values["number"]
    return values
