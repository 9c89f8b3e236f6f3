"""The audit of a bot is a table of its own in the trade database, SQLite and PostgreSQL alike, each token once."""

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from robustop_plugin.audit.table import AUDIT, AuditTable, import_records, read_table
from tests.support.audit_records import record_of
from tests.support.markets import examples


@pytest.fixture(params=["sqlite", "postgres"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    """Return the engine of an empty database."""
    is_postgres = request.param == "postgres"
    url = request.getfixturevalue("database") if is_postgres else f"sqlite:///{tmp_path / 'trades.sqlite'}"
    engine = sa.create_engine(url)
    yield engine
    engine.dispose()


def numbers(engine: sa.Engine) -> list[int]:
    """Return the last part of each stored token."""
    return [int(record["token"].rsplit(":", 1)[1]) for record in read_table(engine)]


def test_what_is_written_is_read_back(engine: sa.Engine) -> None:
    """Text of any language and numbers of any length are read back unchanged, after a flush."""
    record = record_of(1, reason='„Stopp" \n 止损', price=0.1 + 0.2, new_stop=1e-08)
    table = AuditTable(lambda: engine)
    table.write(record)
    assert list(read_table(engine)) == []
    assert not table.is_empty
    table.flush()
    assert table.is_empty
    assert list(read_table(engine)) == [record.to_dict()]


def test_a_token_is_stored_once(engine: sa.Engine) -> None:
    """Records that another process has stored before are left out."""
    for written in ((1, 2), (2, 1, 3), (3,)):
        table = AuditTable(lambda: engine)
        for number in written:
            table.write(record_of(number))
        table.flush()
    assert numbers(engine) == [1, 2, 3]


def test_records_are_chosen_by_trade_and_pair(engine: sa.Engine) -> None:
    """A number and a pair name their own records."""
    records = [record_of(1), record_of(2, trade_id=8), record_of(3, pair="ETH/USDT")]
    assert import_records(engine, [record.to_dict() for record in records]) == 3
    assert import_records(engine, [record.to_dict() for record in records]) == 0
    assert [record["token"][-1] for record in read_table(engine, trade_id=7)] == ["1", "3"]
    assert [record["token"][-1] for record in read_table(engine, pair="ETH/USDT")] == ["3"]


def test_two_processes_may_begin_at_the_same_time(engine: sa.Engine) -> None:
    """Both create the table and store the same records: each is there once."""

    def store(numbers: range) -> None:
        table = AuditTable(lambda: engine)
        for number in numbers:
            table.write(record_of(number))
        for _ in range(20):
            table.flush()
            table._next_try = 0.0
        assert table.is_empty

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(store, (range(40), range(20, 60))))
    assert sorted(numbers(engine)) == list(range(60))


def test_a_record_that_is_no_json_is_refused_at_once(engine: sa.Engine) -> None:
    """It would stop all others from being stored."""
    table = AuditTable(lambda: engine)
    with pytest.raises(ValueError, match="not JSON compliant"):
        table.write(record_of(1, facts={"atr": float("nan")}))
    assert table.is_empty


def test_a_database_that_refuses_is_tried_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Records wait, which is said once; they are stored once the database takes them."""
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'none' / 'trades.sqlite'}")
    table = AuditTable(lambda: engine)
    table.write(record_of(1))
    with caplog.at_level(logging.ERROR):
        table.flush()
        table.flush()
        table._next_try = 0.0
        table.flush()
    assert len(caplog.records) == 1
    assert "the audit waits in memory" in caplog.records[0].getMessage()
    (tmp_path / "none").mkdir()
    table._next_try = 0.0
    table.flush()
    assert numbers(engine) == [1]
    engine.dispose()


def test_it_depends_on_no_table_of_freqtrade() -> None:
    """Freqtrade's migrations rename their tables, and what points at them goes with them."""
    assert not AUDIT.foreign_keys
    assert AUDIT.name == "robustop_audit"


@settings(max_examples=examples(), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.sampled_from(["record", "store", "die"]), max_size=30))
def test_no_crash_loses_or_doubles_a_record(tmp_path_factory: pytest.TempPathFactory, steps: list[str]) -> None:
    """Wherever the process dies between records and their storage, the next one stores each of them once."""
    engine = sa.create_engine(f"sqlite:///{tmp_path_factory.mktemp('audit') / 'trades.sqlite'}")
    table, carried, made = AuditTable(lambda: engine), [], 0
    for step in [*steps, "die", "store"]:
        if step == "record":
            made += 1
            table.write(record_of(made))
            # As the state of a trade does, which is written at each event.
            carried.append(record_of(made))
        elif step == "store":
            table.flush()
            carried = []
        else:
            table = AuditTable(lambda: engine)
            for record in carried:
                table.write(record)
    assert numbers(engine) == list(range(1, made + 1))
    engine.dispose()
