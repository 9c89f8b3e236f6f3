"""Remembers what looks have seen: only what two looks in a row see, long enough, is a finding.

A stop order is canceled before a new one is placed, and database and exchange are not read at the same moment: a single
look may see what no one has to mend.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from robustop_plugin.operate.findings.finding import Finding, Source

LOOKS = 2


@dataclass(slots=True)
class Suspicion:
    """What several looks have seen.

    Attributes:
        finding: as the last look has seen it.
        first_seen: when it was first seen, in seconds since the epoch.
        last_seen: when it was last seen.
        looks: how many looks in a row have seen it.
        is_confirmed: True once it counts.
        is_open: False if a later look has not seen it.
    """

    finding: Finding
    first_seen: float
    last_seen: float
    looks: int = 1
    is_confirmed: bool = False
    is_open: bool = True

    @property
    def since(self) -> float:
        """Since when it is so, as far as that is known."""
        return min(self.finding.since or self.first_seen, self.first_seen)


class Suspicions:
    """What the looks of one run have seen."""

    def __init__(self, seconds: float) -> None:
        """Take how long something has to be seen at least, in seconds: a bot is given two loops."""
        self._seconds = seconds
        self._open: dict[tuple[Any, ...], Suspicion] = {}
        self._ended: list[Suspicion] = []

    def note(self, findings: Iterable[Finding], now: float, seen: frozenset[Source]) -> None:
        """Take what a look has found.

        Args:
            findings: what it has found.
            now: when it was, in seconds since the epoch.
            seen: what could be read: what is not found in anything else may be there all the same.
        """
        found = {finding.identity: finding for finding in findings}
        for identity, suspicion in list(self._open.items()):
            if identity not in found and suspicion.finding.source in seen:
                del self._open[identity]
                suspicion.is_open = False
                if suspicion.is_confirmed:
                    self._ended.append(suspicion)
        for identity, finding in found.items():
            known = self._open.get(identity)
            if known is None:
                self._open[identity] = Suspicion(finding, now, now)
                continue
            known.finding, known.last_seen, known.looks = finding, now, known.looks + 1
            known.is_confirmed = known.is_confirmed or self._is_enough(known, now)

    def _is_enough(self, suspicion: Suspicion, now: float) -> bool:
        return (
            suspicion.looks >= LOOKS
            and now - suspicion.first_seen >= self._seconds
            and now - suspicion.since >= suspicion.finding.patience
        )

    @property
    def confirmed(self) -> list[Suspicion]:
        """All that was found in this run, what has ended included, in order of time."""
        found = [*self._ended, *(suspicion for suspicion in self._open.values() if suspicion.is_confirmed)]
        return sorted(found, key=lambda suspicion: suspicion.first_seen)

    @property
    def waiting(self) -> list[Suspicion]:
        """What was seen and does not count yet."""
        return [suspicion for suspicion in self._open.values() if not suspicion.is_confirmed]
