"""The database of a shared study: its URL, and its errors in one line."""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from robustop_plugin.core.errors import InvalidSettings

EXAMPLES = "sqlite:///study.db or postgresql+psycopg://user:password@host/studies"
INSTALL_POSTGRES = 'PostgreSQL needs a driver that is not installed: pip install "robustop[postgres]"'
SQLITE_TIMEOUT = 60.0
"""Seconds to wait while another process writes to an SQLite file."""


def engine_options(url: str) -> dict[str, object]:
    """Return the SQLAlchemy options for a database that several processes use."""
    return {"connect_args": {"timeout": SQLITE_TIMEOUT} if url.startswith("sqlite") else {}, "pool_pre_ping": True}


def without_password(url: str) -> str:
    """Return a URL without its password; an invalid URL is returned unchanged."""
    try:
        return sa.make_url(url).render_as_string(hide_password=True)
    except ArgumentError:
        return url


def check_connection(url: str) -> None:
    """Connect once, before any long computation.

    Raises:
        InvalidSettings: The database cannot be used.
    """
    with translated_database_errors(url):
        engine = sa.create_engine(url, **engine_options(url))
        with engine.connect():
            pass
        engine.dispose()


@contextmanager
def translated_database_errors(url: str) -> Iterator[None]:
    """Turn database errors into one line, without the password.

    Raises:
        InvalidSettings: The error, and what to do.
    """
    shown = without_password(url)
    try:
        yield
    except ImportError as error:
        needs = INSTALL_POSTGRES if url.startswith("postgresql") else f"{error}; give a URL such as {EXAMPLES}"
        raise InvalidSettings(f"--storage was {shown}: {needs}") from error
    except (SQLAlchemyError, ValueError, RuntimeError) as error:
        # Optuna wraps the database's error.
        reason = " ".join(str(error.__cause__ or error).split()).partition(" (Background")[0]
        raise InvalidSettings(
            f"--storage was {shown}: it cannot be used, {reason.replace(url, shown)}; give a URL such as {EXAMPLES}"
        ) from error
