"""Every audit sink that stores records keeps the same promises: a file, a table in SQLite and one in PostgreSQL."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from robustop_plugin.audit.file import AuditFile, read_audit
from robustop_plugin.audit.sink import AuditSink
from robustop_plugin.audit.table import AuditTable, read_table
from tests.support.audit_records import record_of


@dataclass
class Kept:
    """A destination that outlives its sinks.

    Attributes:
        sink: Returns a new sink for it, as a restarted bot has.
        read: Returns the records that it holds.
    """

    sink: Callable[[], AuditSink]
    read: Callable[[], list[dict[str, Any]]]

    def numbers(self) -> list[int]:
        """Return the last part of each token."""
        return [int(record["token"].rsplit(":", 1)[1]) for record in self.read()]


def in_table(url: str) -> Iterator[Kept]:
    """Yield a table in this database."""
    engine = sa.create_engine(url)
    yield Kept(lambda: AuditTable(lambda: engine), lambda: list(read_table(engine)))
    engine.dispose()


@pytest.fixture(params=["file", "sqlite", "postgresql"])
def kept(request: pytest.FixtureRequest, path: Path, tmp_path: Path) -> Iterator[Kept]:
    """Return each destination in turn, empty."""
    if request.param == "file":
        yield Kept(lambda: AuditFile(path), lambda: list(read_audit(path)) if path.exists() else [])
    elif request.param == "sqlite":
        yield from in_table(f"sqlite:///{tmp_path / 'trades.sqlite'}")
    else:
        yield from in_table(request.getfixturevalue("database"))


def test_nothing_is_stored_before_the_flush(kept: Kept) -> None:
    """Records wait for the flush, and a flush without records stores nothing."""
    sink = kept.sink()
    sink.flush()
    sink.write(record_of(1))
    assert kept.read() == []
    sink.flush()
    sink.flush()
    assert kept.read() == [record_of(1).to_dict()]


def test_every_value_is_read_back_as_it_was(kept: Kept) -> None:
    """Numbers of any length, missing values, nested facts in their order and texts of any language are unchanged."""
    facts = {"z": 0.1 + 0.2, "a": None, "rungs": 2, "portion": True, "text": "止损", "list": [1, 2.5]}
    record = record_of(
        1,
        reason='„Stopp" \n 止损',
        price=0.1 + 0.2,
        new_stop=5e-324,
        old_stop=None,
        facts=facts,
        time=1735689600.123456,
    )
    sink = kept.sink()
    sink.write(record)
    sink.flush()
    (read,) = kept.read()
    assert read == record.to_dict()
    assert list(read["facts"]) == ["z", "a", "rungs", "portion", "text", "list"]
    assert read["facts"]["portion"] is True


def test_a_token_counts_once(kept: Kept) -> None:
    """A record that comes again, in the same flush, later or after a restart, keeps its first place and content."""
    sink = kept.sink()
    for record in (record_of(1), record_of(2), record_of(1, price=999.0)):
        sink.write(record)
    sink.flush()
    sink.write(record_of(2))
    sink.flush()
    restarted = kept.sink()
    for number in (2, 1, 3):
        restarted.write(record_of(number))
    restarted.flush()
    assert kept.numbers() == [1, 2, 3]
    assert kept.read()[0]["price"] == 102.0


def test_records_keep_the_order_in_which_they_were_written(kept: Kept) -> None:
    """The order is that of writing, not of tokens or times, over more records than one page has."""
    wanted = [*range(1200, 0, -1), 1201]
    sink = kept.sink()
    for number in wanted:
        sink.write(record_of(number))
    sink.flush()
    assert kept.numbers() == wanted


@pytest.mark.parametrize("over", [{"price": float("nan")}, {"facts": {"atr": float("inf")}}], ids=["price", "facts"])
def test_a_number_that_is_not_finite_is_refused_at_once(kept: Kept, over: dict[str, Any]) -> None:
    """Such a record could never be stored: it raises, and the others are stored."""
    sink = kept.sink()
    with pytest.raises(ValueError, match="JSON"):
        sink.write(record_of(1, **over))
    sink.write(record_of(2))
    sink.flush()
    assert kept.numbers() == [2]


def test_a_text_that_no_database_takes_does_not_block_the_others(kept: Kept) -> None:
    """NUL characters and halves of characters, as an exchange's error may have, are stored in some readable form."""
    sink = kept.sink()
    sink.write(record_of(1, reason="bad \x00 byte", facts={"answer": "\x00\ud800"}))
    sink.write(record_of(2, reason="half \ud83d of a character"))
    sink.flush()
    assert kept.numbers() == [1, 2]
    assert all(str(record["reason"]).startswith(("bad ", "half ")) for record in kept.read())


def test_a_long_text_does_not_block_the_others(kept: Kept) -> None:
    """Names of engines and pairs have no limit in any destination."""
    sink = kept.sink()
    sink.write(record_of(1, engine="e" * 500, action="a" * 500, pair="P" * 500, rule="r" * 500, phase="p" * 500))
    sink.write(record_of(2))
    sink.flush()
    assert kept.numbers() == [1, 2]
    assert kept.read()[0]["engine"] == "e" * 500
