"""Hand-written audit records."""

from pathlib import Path
from typing import Any

from robustop_plugin.audit.file import AuditFile, read_audit
from robustop_plugin.audit.record import AuditRecord


def record_of(number: int, **over: Any) -> AuditRecord:
    """Return a record whose token ends with this number."""
    return AuditRecord(
        **{
            "token": f"7:1735689600000:{number}",
            "time": 1735689600.5 + number,
            "trade_id": 7,
            "pair": "HAND/USDT",
            "side": 1,
            "action": "move",
            "price": 102.0,
            "old_stop": 98.0,
            "new_stop": 100.15,
            "engine": "hand_span",
            "rule": "breakeven",
            "phase": "BREAKEVEN_PROTECTED",
            "reason": None,
            "facts": {"entry": 100.0, "best": 102.0, "atr": None},
            **over,
        }
    )


def write_records(path: Path, *numbers: int) -> AuditFile:
    """Return an audit file with these records flushed."""
    audit = AuditFile(path)
    for number in numbers:
        audit.write(record_of(number))
    audit.flush()
    return audit


def numbers_of(path: Path) -> list[int]:
    """Return the last part of each token, read back from a file."""
    return [int(record["token"].rsplit(":", 1)[1]) for record in read_audit(path)]
