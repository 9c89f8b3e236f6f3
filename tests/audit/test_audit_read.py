"""An invalid line of the audit ends the reading with its location."""

from pathlib import Path

import pytest

from robustop_plugin.audit.file import read_audit
from tests.support.audit_records import write_records


@pytest.mark.parametrize(
    "line",
    [
        "not json",
        "",
        "{",
        "null",
        "3",
        "[]",
        '"token"',
        "{}",
        '{"tokens": "7:1:1"}',
        '{"token": ["7:1:1"]}',
        '{"token": {}}',
    ],
)
def test_a_bad_line_is_named(path: Path, line: str) -> None:
    """The error names file and line and quotes its start; the records before it were yielded."""
    write_records(path, 1)
    with path.open("a") as lines:
        lines.write(f"{line}\n")
    records = read_audit(path)
    assert next(records)["token"].endswith(":1")
    with pytest.raises(ValueError, match="was no audit record") as refused:
        next(records)
    assert str(refused.value).startswith(f"{path}, line 2 ")


def test_a_line_of_other_bytes_is_named(path: Path) -> None:
    """Bytes that are not text are not a record."""
    write_records(path, 1)
    with path.open("ab") as lines:
        lines.write(b"\xff\xfe\x00\n")
    with pytest.raises(ValueError, match="line 2 was no audit record"):
        list(read_audit(path))


def test_a_long_bad_line_is_cut(path: Path) -> None:
    """A line of a million characters is shortened in the message."""
    path.parent.mkdir()
    path.write_text("x" * 1_000_000)
    with pytest.raises(ValueError, match="line 1") as refused:
        list(read_audit(path))
    assert len(str(refused.value)) < len(str(path)) + 200
