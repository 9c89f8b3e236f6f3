"""The database of a shared study: its URL, and what it says when it cannot be used, in one line."""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from robustop_plugin.core.errors import InvalidSettings

EXAMPLES = "sqlite:///study.db or postgresql+psycopg://user:password@host/studies"
INSTALL_POSTGRES = 'PostgreSQL needs a driver that is not there: pip install "robustop[postgres]"'
PATIENCE = 60.0
"""Seconds that a process waits while another one writes to a file of SQLite's."""


def options_of(url: str) -> dict[str, object]:
    """Return how SQLAlchemy opens a database that more than one process works on."""
    return {"connect_args": {"timeout": PATIENCE} if url.startswith("sqlite") else {}, "pool_pre_ping": True}


def without_password(url: str) -> str:
    """Return a URL as it may be shown; a text that is no URL as it is."""
    try:
        return sa.make_url(url).render_as_string(hide_password=True)
    except ArgumentError:
        return url


def reach(url: str) -> None:
    """Find out whether a database can be used, before anything takes long.

    Raises:
        InvalidSettings: it cannot.
    """
    with told_in_one_line(url):
        engine = sa.create_engine(url, **options_of(url))
        with engine.connect():
            pass
        engine.dispose()


@contextmanager
def told_in_one_line(url: str) -> Iterator[None]:
    """Make one line of what a database says, without the password in its URL.

    Raises:
        InvalidSettings: what it was, and what to do.
    """
    shown = without_password(url)
    try:
        yield
    except ImportError as error:
        needs = INSTALL_POSTGRES if url.startswith("postgresql") else f"{error}; give a URL such as {EXAMPLES}"
        raise InvalidSettings(f"--storage was {shown}: {needs}") from error
    except (SQLAlchemyError, ValueError, RuntimeError) as error:
        # Optuna hides what the database said behind an error of its own.
        reason = " ".join(str(error.__cause__ or error).split()).partition(" (Background")[0]
        raise InvalidSettings(
            f"--storage was {shown}: it cannot be used, {reason.replace(url, shown)}; give a URL such as {EXAMPLES}"
        ) from error
