"""Coverage at the loopback Binance: for how long a position had no live stop order, and no bot that asked its price."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from robustop_plugin.venue.protection import Protection

SHORTEST_PAUSE = 1000  # milliseconds between two price checks that count as no pause


class Span(NamedTuple):
    """A time during which position and stops did not change.

    Attributes:
        begin: milliseconds since the epoch; it ends with the next span or the position.
        protection: position and stops.
    """

    begin: int
    protection: Protection


class Interval(NamedTuple):
    """A time during which part of a position had no stop.

    Attributes:
        begin: milliseconds since the epoch.
        end: milliseconds since the epoch.
        share: largest part of the position without a stop, 0 to 1.
    """

    begin: int
    end: int
    share: Decimal


@dataclass
class Holding:
    """A position from its first fill to its last.

    Attributes:
        pair: Freqtrade's name of the pair.
        begin: milliseconds since the epoch.
        end: milliseconds since the epoch; None while it is open.
        spans: its history, oldest first.
    """

    pair: str
    begin: int
    end: int | None = None
    spans: list[Span] = field(default_factory=list)

    def lasting(self, now: int) -> Iterable[tuple[int, int, Protection]]:
        """Yield begin, end and protection of each span that takes time."""
        ends = [*(span.begin for span in self.spans[1:]), now if self.end is None else self.end]
        for span, end in zip(self.spans, ends, strict=True):
            if end > span.begin:
                yield span.begin, end, span.protection

    def uncovered(self, now: int) -> list[Interval]:
        """Return the times during which part of it had no stop, adjacent ones as one."""
        found: list[Interval] = []
        for begin, end, protection in self.lasting(now):
            share = 1 - protection.covered / protection.held
            if share <= 0:
                continue
            if found and found[-1].end == begin:
                last = found.pop()
                found.append(Interval(last.begin, end, max(last.share, share)))
            else:
                found.append(Interval(begin, end, share))
        return found


class Coverage:
    """All positions since the venue was created.

    Attributes:
        holdings: positions, oldest first.
    """

    def __init__(self) -> None:
        """Start without positions."""
        self.holdings: list[Holding] = []
        self._open: dict[str, Holding] = {}
        self._checked: dict[str, int] = {}
        self._pauses: dict[str, list[tuple[int, int]]] = defaultdict(list)

    def observe(self, pair: str, protection: Protection, time: int) -> None:
        """Record position and stops of a pair at a time (ms since the epoch)."""
        holding = self._open.get(pair)
        if holding is None:
            if not protection.held:
                return
            holding = self._open[pair] = Holding(pair, time)
            self.holdings.append(holding)
            self._checked[pair] = max(time, self._checked.get(pair, 0))
        elif not protection.held:
            holding.end = max(time, holding.spans[-1].begin)
            del self._open[pair]
            return
        if not holding.spans or holding.spans[-1].protection != protection:
            earliest = holding.spans[-1].begin if holding.spans else time
            holding.spans.append(Span(max(time, earliest), protection))

    def check(self, pair: str, time: int) -> None:
        """Record that the price of a pair was asked for."""
        last = self._checked.get(pair)
        if last is not None and time - last > SHORTEST_PAUSE:
            self._pauses[pair].append((last, time))
        self._checked[pair] = time

    def unwatched(self, pair: str, gap: int, now: int) -> list[tuple[int, int]]:
        """Return the times at which the last price check of a pair was more than `gap` milliseconds ago."""
        pauses = [*self._pauses[pair], *([(self._checked[pair], now)] if pair in self._checked else [])]
        return [(begin + gap, end) for begin, end in pauses if end - begin > gap]
