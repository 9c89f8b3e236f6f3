"""What may refuse a new entry: checks in a row, each with its reason; the first that objects is heard."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from robustop_plugin.bridge.state.recorder import Recorder

logger = logging.getLogger(__name__)


class ProposedEntry(NamedTuple):
    """An entry that the host is about to make.

    Attributes:
        pair: of the entry.
        side: +1 long, -1 short.
        rate: asked for, in price.
        amount: in base currency.
        now: when.
    """

    pair: str
    side: int
    rate: float
    amount: float
    now: datetime


Check = Callable[[ProposedEntry], str | None]
"""Returns why an entry is refused; None where it is not."""


@dataclass
class EntryChecks:
    """All the checks of one strategy.

    Attributes:
        recorder: of what was refused.
        checks: in the order in which they are asked.
        what: is refused, in the words of the log.
    """

    recorder: Recorder
    checks: list[Check] = field(default_factory=list)
    what: str = "the entry into"

    def allow(self, entry: ProposedEntry) -> bool:
        """Return whether an entry may be made; a refusal is logged and recorded, and so is a check that fails."""
        reason = self.objection(entry, self.checks)
        if reason is not None:
            self.refuse(entry, reason)
        return reason is None

    def objection(self, entry: ProposedEntry, checks: Iterable[Check]) -> str | None:
        """Return the first reason against an entry; None where there is none. A check that fails is a reason."""
        for check in checks:
            try:
                reason = check(entry)
            except Exception as error:
                # Not knowing whether an entry is allowed is no reason to take a risk.
                logger.exception("robustop: a check of %s %s failed", self.what, entry.pair)
                reason = f"a check failed: {error!r}"
            if reason is not None:
                return reason
        return None

    def refuse(self, entry: ProposedEntry, reason: str) -> None:
        """Log and record that an entry is not made."""
        logger.warning("robustop: %s %s is refused: %s", self.what, entry.pair, reason)
        self.recorder.refused(entry.pair, entry.side, entry.rate, entry.now, reason)
        # What is written otherwise is kept when a trade closes, and there may never be one.
        self.recorder.flush()
