"""The interface of every destination of audit records. A new sink is a file of its own beside `file.py`."""

from typing import Protocol

from robustop_plugin.audit.record import AuditRecord


class AuditSink(Protocol):
    """A destination of audit records.

    A destination that is not available is logged, not raised: its records are kept for the next `flush`. A record may
    arrive twice after a crash; its token identifies it.
    """

    def write(self, record: AuditRecord) -> None:
        """Accept one record; it may be kept in memory until `flush`.

        Raises:
            ValueError: the record is invalid, so that it could never be stored.
        """

    def flush(self) -> None:
        """Store the records accepted so far; what cannot be stored is kept for the next time."""


class NoAudit:
    """A sink that discards every record: hyperopt, and runs without results."""

    def write(self, record: AuditRecord) -> None:
        """Discard the record."""

    def flush(self) -> None:
        """Do nothing."""
