"""The audit of a backtest: JSON Lines beside its results."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from robustop_plugin.audit.record import AuditRecord

logger = logging.getLogger(__name__)


class AuditFile:
    """Records as lines of a file; written when flushed, kept when the disk refuses.

    Attributes:
        path: the file; its folder is made when the first line is written.
    """

    def __init__(self, path: Path) -> None:
        """Take the path; nothing is written yet."""
        self.path = path
        self._waiting: list[str] = []
        self._refused = False

    def write(self, record: AuditRecord) -> None:
        """Take one record."""
        self._waiting.append(json.dumps(record.to_dict(), allow_nan=False) + "\n")

    def flush(self) -> None:
        """Append what waits; on a full or missing disk say so once and keep it for the next time."""
        if not self._waiting:
            return
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a", encoding="utf-8") as lines:
                lines.write("".join(self._waiting))
        except OSError as error:
            if not self._refused:
                logger.error("robustop: the audit waits in memory, %s was not written: %s", self.path, error)
            self._refused = True
            return
        self._waiting.clear()
        self._refused = False


def read_audit(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the records of an audit file, each token once.

    Raises:
        ValueError: a line is no record; the error names the file and the line.
    """
    seen: set[str] = set()
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                record = json.loads(line)
                token = record["token"]
            except (json.JSONDecodeError, KeyError, TypeError) as error:
                raise ValueError(f"{path}, line {number} was no audit record: {line[:80]!r}") from error
            if token not in seen:
                seen.add(token)
                yield record
