"""Findings about the trade database of a configuration."""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from robustop_plugin.audit.trade_database import DatabaseUnreadable, open_database, shown
from robustop_plugin.bridge.startup.trade_database import database_surprises, left_behind, shifted_dates
from robustop_plugin.runner.checks.finding import NOTE, PROBLEM, Finding, one_line
from robustop_plugin.runner.database_url import url_of

SUBJECT = "db_url"


def trade_database(config: dict[str, Any]) -> Iterator[Finding]:
    """Yield what a bot would meet in its trade database; a SQLite file is made by the first start."""
    url = url_of(config)
    try:
        parts = sa.make_url(url)
    except ArgumentError as error:
        yield Finding(SUBJECT, PROBLEM, f"{url} is not a database URL: {one_line(error)}")
        return
    yield from (Finding(SUBJECT, NOTE, sentence) for sentence in database_surprises(parts))
    try:
        engine = open_database(url)
    except DatabaseUnreadable as error:
        if parts.get_backend_name() != "sqlite":
            yield Finding(SUBJECT, PROBLEM, f"{error}")
        return
    try:
        yield from (Finding(SUBJECT, PROBLEM, sentence) for sentence in (*left_behind(engine), *shifted_dates(engine)))
    except SQLAlchemyError as error:
        yield Finding(SUBJECT, NOTE, f"{shown(url)} was not examined, it cannot be read now: {one_line(error)}")
    finally:
        engine.dispose()
