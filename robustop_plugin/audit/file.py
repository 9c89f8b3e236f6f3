"""The audit as JSON Lines: next to the results of a backtest, or next to the trade database of a bot."""

import json
import logging
from collections.abc import Iterator
from io import FileIO
from pathlib import Path
from typing import Any

from robustop_plugin.audit.record import AuditRecord

logger = logging.getLogger(__name__)

ENCODER = json.JSONEncoder(allow_nan=False)
"""Created once: `json.dumps` with options creates an encoder for every record."""


class AuditFile:
    """A sink that appends records to a file as lines; after a disk error they are kept in memory.

    Attributes:
        path: the file; its folder is created with the first line.
        at_once: True to write each record immediately, because a bot may die at any time.
    """

    def __init__(self, path: Path, *, at_once: bool = False) -> None:
        """Keep the path; nothing is written yet."""
        self.path = path
        self.at_once = at_once
        self._waiting: list[str] = []
        self._refused = False

    def write(self, record: AuditRecord) -> None:
        """Accept one record, written now if `at_once`."""
        self._waiting.append(ENCODER.encode(record.to_dict()) + "\n")
        if self.at_once:
            self.flush()

    def flush(self) -> None:
        """Append the waiting records; after a disk error log it once and keep them for the next time."""
        if not self._waiting:
            return
        try:
            self._append("".join(self._waiting).encode())
        except OSError as error:
            if not self._refused:
                logger.error("robustop: the audit waits in memory, %s was not written: %s", self.path, error)
            self._refused = True
            return
        self._waiting.clear()
        self._refused = False

    def _append(self, data: bytes) -> None:
        """Append all of `data` or nothing: half a line would corrupt the next line."""
        with self._opened() as lines:
            start = lines.tell()
            try:
                while data:
                    data = data[lines.write(data) :]
            except OSError:
                lines.truncate(start)
                raise

    def _opened(self) -> FileIO:
        """Open the file for appending; a missing folder is created."""
        try:
            return self.path.open("ab", buffering=0)
        except FileNotFoundError:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            return self.path.open("ab", buffering=0)


def read_audit(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the records of an audit file, each token once.

    Raises:
        ValueError: a line is not a record; the error names the file and the line.
    """
    seen: set[str] = set()
    with path.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            record = _record(line)
            if record is None:
                raise ValueError(f"{path}, line {number} was no audit record: {line[:80]!r}")
            if record["token"] not in seen:
                seen.add(record["token"])
                yield record


def _record(line: bytes) -> dict[str, Any] | None:
    """Return the record in a line; None if it is not a record."""
    try:
        record = json.loads(line)
    except ValueError:
        return None
    is_record = isinstance(record, dict) and isinstance(record.get("token"), str)
    return record if is_record else None
