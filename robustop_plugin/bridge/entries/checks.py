"""Runs the checks of a new entry in order. The first objection refuses it, and is logged and recorded."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from robustop_plugin.bridge.state.recorder import Recorder

logger = logging.getLogger(__name__)


class ProposedEntry(NamedTuple):
    """An entry that Freqtrade is about to make.

    Attributes:
        pair: The pair's name.
        side: +1 long, -1 short.
        rate: Price of the order.
        amount: Amount in base currency; 0 if unknown.
        now: The current time.
    """

    pair: str
    side: int
    rate: float
    amount: float
    now: datetime


Check = Callable[[ProposedEntry], str | None]
"""Returns why an entry is refused; None if it is not."""


@dataclass
class EntryChecks:
    """The checks of one strategy's entries.

    Attributes:
        recorder: Records refusals.
        checks: The checks, in order.
        what: What is checked, in the words of the log.
    """

    recorder: Recorder
    checks: list[Check] = field(default_factory=list)
    what: str = "the entry into"

    def allow(self, entry: ProposedEntry) -> bool:
        """Return True if an entry may be made. A refusal is logged and recorded."""
        reason = self.objection(entry, self.checks)
        if reason is not None:
            self.refuse(entry, reason)
        return reason is None

    def objection(self, entry: ProposedEntry, checks: Iterable[Check]) -> str | None:
        """Return the first reason to refuse an entry; None without one. A check that raises is a reason."""
        for check in checks:
            try:
                reason = check(entry)
            except Exception as error:
                # It is unknown whether the entry is allowed, so the safe answer is no.
                logger.exception("robustop: a check of %s %s failed", self.what, entry.pair)
                reason = f"a check failed: {error!r}"
            if reason is not None:
                return reason
        return None

    def refuse(self, entry: ProposedEntry, reason: str) -> None:
        """Log and record a refusal."""
        logger.warning("robustop: %s %s is refused: %s", self.what, entry.pair, reason)
        self.recorder.refused(entry.pair, entry.side, entry.rate, entry.now, reason)
        # Records are flushed when a trade closes, and there may never be a trade.
        self.recorder.flush()
