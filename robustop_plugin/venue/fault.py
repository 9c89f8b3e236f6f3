"""Faults of the loopback Binance: errors, resets, silence and delays for a named call, before or after it acts."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

BEFORE, AFTER = "before", "after"
STATUS, CODE, RESET, SILENCE, SLOW = "status", "code", "reset", "silence", "slow"


@dataclass
class Fault:
    """What happens to the next calls of one name.

    Attributes:
        call: method and path, such as `POST /api/v3/order`.
        kind: `status`, `code`, `reset`, `silence` or `slow`.
        count: calls still to be hit.
        skip: calls to let through first.
        when: `before` the call acts, or `after` it was accepted.
        where: parameters that the call must have, such as `{"type": "STOP_LOSS_LIMIT"}`.
        status: HTTP status of the answer; for `status` and `code`.
        code: Binance's code in the answer; None answers with the body that Binance sends for the status.
        message: its text.
        seconds: duration; for `silence` and `slow`.
    """

    call: str
    kind: str
    count: int = 1
    skip: int = 0
    when: str = BEFORE
    where: Mapping[str, str] = field(default_factory=dict)
    status: int = 400
    code: int | None = None
    message: str = ""
    seconds: float = 0.0

    def matches(self, call: str, params: Mapping[str, str]) -> bool:
        """Return True if a call has this name and these parameters."""
        return call == self.call and all(params.get(name) == value for name, value in self.where.items())

    @property
    def shown(self) -> dict[str, Any]:
        """The fault as the state shows it."""
        return {"call": self.call, "fault": self.kind, "count": self.count, "skip": self.skip, "when": self.when}


class Faults:
    """The pending faults, and how often each call arrived.

    Attributes:
        pending: faults that may still hit, oldest first.
        calls: number of calls by name, faulty ones included.
    """

    def __init__(self) -> None:
        """Start without faults."""
        self.pending: list[Fault] = []
        self.calls: Counter[str] = Counter()

    def arriving(self, call: str, params: Mapping[str, str]) -> Fault | None:
        """Count a call and return the fault that hits it; None if it passes.

        A fault that acts afterwards is only used up by `used`, since the call may be refused by itself.
        """
        self.calls[call] += 1
        for fault in self.pending:
            if fault.matches(call, params):
                if fault.skip:
                    fault.skip -= 1
                    return None
                if fault.when == BEFORE:
                    self.used(fault)
                return fault
        return None

    def used(self, fault: Fault) -> None:
        """Count one hit; a fault without hits left is no longer pending."""
        fault.count -= 1
        if fault.count <= 0 and fault in self.pending:
            self.pending.remove(fault)
