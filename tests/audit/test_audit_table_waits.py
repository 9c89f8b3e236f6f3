"""The audit's table waits for a safe moment, and neither a reader nor a bad record keeps a bot from writing."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from robustop_plugin.audit.table import PAGE, AuditTable, read_table
from tests.support.audit_records import record_of


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return the path of a database."""
    return tmp_path / "trades.sqlite"


@pytest.fixture
def engine(file: Path) -> Iterator[sa.Engine]:
    """Return an engine that waits for no lock."""
    engine = sa.create_engine(f"sqlite:///{file}?timeout=0")
    yield engine
    engine.dispose()


def numbers(engine: sa.Engine) -> list[int]:
    """Return the last part of each stored token."""
    return [int(record["token"].rsplit(":", 1)[1]) for record in read_table(engine)]


def test_nothing_is_written_while_it_is_not_safe(engine: sa.Engine) -> None:
    """Records wait, and the table is not even created."""
    safe = False
    table = AuditTable(lambda: engine, lambda: safe)
    table.write(record_of(1))
    table.flush()
    assert sa.inspect(engine).get_table_names() == []
    safe = True
    table.flush()
    assert numbers(engine) == [1]


def test_a_failed_write_is_reported_with_its_error(engine: sa.Engine, file: Path) -> None:
    """Whoever else writes to the database learns that it is locked; a write that works is not reported."""
    failures: list[SQLAlchemyError] = []
    table = AuditTable(lambda: engine, failed=failures.append)
    table.write(record_of(1))
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        table.flush()
        assert ["database is locked" in str(error) for error in failures] == [True]
        table.flush()  # within the pause
        assert len(failures) == 1
    table._next_try = 0.0
    table.flush()
    assert numbers(engine) == [1]
    assert len(failures) == 1


def test_a_record_that_comes_during_the_flush_is_kept(engine: sa.Engine) -> None:
    """A thread of Freqtrade's API may record something while the bot stores what waits."""
    table = AuditTable(lambda: engine)
    table.write(record_of(1))

    def interrupt(*_: object) -> None:
        table.write(record_of(2))

    sa.event.listen(engine, "commit", interrupt, once=True)
    table.flush()
    assert not table.is_empty
    table.flush()
    assert numbers(engine) == [1, 2]


def test_a_table_that_vanishes_is_made_again(engine: sa.Engine) -> None:
    """A database restored from a backup without the table gets it again with the next try."""
    table = AuditTable(lambda: engine)
    table.write(record_of(1))
    table.flush()
    with engine.begin() as connection:
        connection.execute(sa.text("DROP TABLE robustop_audit"))
    table.write(record_of(2))
    table.flush()
    table._next_try = 0.0
    table.flush()
    assert numbers(engine) == [2]


def test_a_reader_holds_no_lock_between_records(engine: sa.Engine, file: Path) -> None:
    """A bot can write while somebody reads slowly, also at the end of a page."""
    table = AuditTable(lambda: engine)
    for number in range(PAGE + 5):
        table.write(record_of(number))
    table.flush()
    reader = read_table(engine)
    for _ in range(PAGE):
        next(reader)
    with closing(sqlite3.connect(file, timeout=0)) as bot:
        bot.execute("CREATE TABLE something (id INTEGER)")
        bot.commit()
    assert len(list(reader)) == 5


def test_a_page_without_a_rest_ends_the_reading(engine: sa.Engine) -> None:
    """Exactly one page, and exactly none, are read to their end."""
    assert list(read_table(engine)) == []
    table = AuditTable(lambda: engine)
    for number in range(PAGE):
        table.write(record_of(number))
    table.flush()
    assert numbers(engine) == list(range(PAGE))


def test_nothing_ties_it_to_other_tables(engine: sa.Engine) -> None:
    """The database has neither a foreign key, nor a view, nor a trigger."""
    table = AuditTable(lambda: engine)
    table.write(record_of(1))
    table.flush()
    assert sa.inspect(engine).get_foreign_keys("robustop_audit") == []
    with engine.connect() as connection:
        kinds = connection.execute(sa.text("SELECT DISTINCT type FROM sqlite_master ORDER BY type")).scalars().all()
    assert kinds == ["index", "table"]
