"""The audit as JSON Lines: of a backtest beside its results, of a bot beside its trade database."""

import json
import logging
from collections.abc import Iterator
from io import FileIO
from pathlib import Path
from typing import Any

from robustop_plugin.audit.record import AuditRecord

logger = logging.getLogger(__name__)

ENCODER = json.JSONEncoder(allow_nan=False)
"""Made once: `json.dumps` would make one for every record."""


class AuditFile:
    """Records as lines of a file; written when flushed, kept when the disk refuses.

    Attributes:
        path: the file; its folder is made when the first line is written.
        at_once: every record is written when it comes, as a bot may die at any time.
    """

    def __init__(self, path: Path, *, at_once: bool = False) -> None:
        """Take the path; nothing is written yet."""
        self.path = path
        self.at_once = at_once
        self._waiting: list[str] = []
        self._refused = False

    def write(self, record: AuditRecord) -> None:
        """Take one record."""
        self._waiting.append(ENCODER.encode(record.to_dict()) + "\n")
        if self.at_once:
            self.flush()

    def flush(self) -> None:
        """Append what waits; on a full or missing disk say so once and keep it for the next time."""
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
        """Append all of `data` or nothing: half a line would spoil the one that is written next."""
        with self._opened() as lines:
            start = lines.tell()
            try:
                while data:
                    data = data[lines.write(data) :]
            except OSError:
                lines.truncate(start)
                raise

    def _opened(self) -> FileIO:
        """Return the file for appending; where its folder is missing, that is made."""
        try:
            return self.path.open("ab", buffering=0)
        except FileNotFoundError:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            return self.path.open("ab", buffering=0)


def read_audit(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the records of an audit file, each token once.

    Raises:
        ValueError: a line is no record; the error names the file and the line.
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
    """Return the record that a line holds; None where it holds none."""
    try:
        record = json.loads(line)
    except ValueError:
        return None
    is_record = isinstance(record, dict) and isinstance(record.get("token"), str)
    return record if is_record else None
