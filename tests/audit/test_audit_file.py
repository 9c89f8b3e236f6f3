"""The audit is a file of JSON Lines, read back record by record, each token once."""

import json
import logging
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from robustop_plugin.audit.file import AuditFile, read_audit
from robustop_plugin.audit.sink import AuditSink, NoAudit
from tests.support.audit_records import numbers_of, record_of, write_records


def test_a_record_is_one_line_of_json(path: Path) -> None:
    """A line holds all fields of the record, numbers as numbers, and nothing else."""
    write_records(path, 1, 2)
    lines = path.read_text(encoding="utf-8").splitlines()
    assert [json.loads(line) for line in lines] == [record_of(1).to_dict(), record_of(2).to_dict()]
    assert json.loads(lines[0])["facts"] == {"entry": 100.0, "best": 102.0, "atr": None}


def test_what_is_written_is_read_back(path: Path) -> None:
    """Text of any language and numbers of any length are read back unchanged."""
    record = record_of(1, reason='„Stopp" \n 止损', price=0.1 + 0.2, new_stop=1e-08)
    audit = AuditFile(path)
    audit.write(record)
    audit.flush()
    assert list(read_audit(path)) == [record.to_dict()]


def test_nothing_is_written_before_a_flush(path: Path) -> None:
    """Without a flush there is no file, and a flush without records creates none."""
    audit = AuditFile(path)
    audit.flush()
    audit.write(record_of(1))
    assert not path.parent.exists()
    audit.flush()
    audit.flush()
    assert len(path.read_text().splitlines()) == 1


def test_a_second_process_appends(path: Path) -> None:
    """Existing records stay first."""
    write_records(path, 1, 2)
    write_records(path, 3)
    assert numbers_of(path) == [1, 2, 3]


def test_a_token_is_read_once(path: Path) -> None:
    """A record written twice is read once, at its first place."""
    write_records(path, 1, 2)
    write_records(path, 2, 1, 3)
    assert len(path.read_text().splitlines()) == 5
    assert numbers_of(path) == [1, 2, 3]


def test_a_record_that_is_no_json_is_refused_at_once(path: Path) -> None:
    """NaN is not valid JSON: the record is rejected before anything of it is kept."""
    audit = AuditFile(path)
    with pytest.raises(ValueError, match="JSON"):
        audit.write(record_of(1, price=float("nan")))
    audit.write(record_of(2))
    audit.flush()
    assert numbers_of(path) == [2]


def test_a_folder_that_is_refused_is_told_once_and_tried_again(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Records wait in order until they can be written; a second failure later is logged again."""
    path.parent.write_text("in the way")
    audit = AuditFile(path)
    with caplog.at_level(logging.ERROR, logger="robustop_plugin.audit"):
        for number in (1, 2, 3):
            audit.write(record_of(number))
            audit.flush()
        assert caplog.text.count("the audit waits in memory") == 1
        assert str(path) in caplog.text
        path.parent.unlink()
        audit.flush()
        assert numbers_of(path) == [1, 2, 3]
        path.unlink()
        path.mkdir()
        audit.write(record_of(4))
        audit.flush()
    assert caplog.text.count("the audit waits in memory") == 2


@contextmanager
def full_after(size: int) -> Iterator[None]:
    """Let no file grow beyond a number of bytes, as a full disk does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_disk_that_fills_up_in_the_middle_of_a_record_loses_none(path: Path) -> None:
    """If the disk fills up in the middle of a record, no half line stays, and the record is written later."""
    audit = write_records(path, 1)
    half = path.stat().st_size + 100
    with full_after(half):
        audit.write(record_of(2))
        audit.flush()
    audit.write(record_of(3))
    audit.flush()
    assert numbers_of(path) == [1, 2, 3]


def test_the_null_audit_keeps_nothing() -> None:
    """It accepts records and flushes, and keeps nothing."""
    audit = NoAudit()
    audit.write(record_of(1))
    audit.flush()
    assert vars(audit) == {}


@pytest.mark.parametrize("kind", ["a file", "a folder in the way", "none"])
def test_every_sink_is_used_the_same_way(kind: str, path: Path) -> None:
    """Flushed before, between and after records, no sink raises, not even where nothing can be stored."""
    if kind == "a folder in the way":
        path.mkdir(parents=True)
    sink: AuditSink = NoAudit() if kind == "none" else AuditFile(path)
    sink.flush()
    for number in (1, 2):
        sink.write(record_of(number))
        sink.flush()
        sink.flush()
    assert path.is_file() == (kind == "a file")
    if kind == "a file":
        assert numbers_of(path) == [1, 2]
