"""The verdict on a rehearsal: each expectation, what came of it, and a sentence."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from robustop_plugin.rehearsal.facts import Closed, Fill, Missed, Record
from robustop_plugin.rehearsal.figures import (
    Interval,
    facts_of,
    longest,
    most_loops,
    pace,
    pairs_of,
    worst_fill,
)
from robustop_plugin.rehearsal.judged import judged_exposed, judged_unprotected
from robustop_plugin.rehearsal.laws import laws, open_pairs
from robustop_plugin.rehearsal.scenario import Expect, Incurable, Limit

PASSED, INCURABLE, FAILED = "passed", "incurable", "failed"


class Finding(NamedTuple):
    """An expectation and what came of it.

    Attributes:
        expectation: its name.
        met: True if it was met.
        detail: what was seen, in words.
    """

    expectation: str
    met: bool
    detail: str


class Verdict(NamedTuple):
    """The verdict.

    Attributes:
        verdict: `passed`, `failed`, or `incurable`: only expectations failed that a known limit excuses.
        findings: every expectation.
        reason: why, for `incurable`.
    """

    verdict: str
    findings: tuple[Finding, ...]
    reason: str = ""

    @property
    def failures(self) -> list[Finding]:
        """The expectations that were not met."""
        return [finding for finding in self.findings if not finding.met]


def verdict_of(record: Record, expect: Expect, incurable: Incurable | None = None) -> Verdict:
    """Return the verdict on a rehearsal."""
    findings = tuple(_findings(record, expect))
    failed = {finding.expectation for finding in findings if not finding.met}
    if not failed:
        return Verdict(PASSED, findings)
    if incurable is not None and failed <= set(incurable.excuses):
        return Verdict(INCURABLE, findings, incurable.reason)
    return Verdict(FAILED, findings)


def _findings(record: Record, expect: Expect) -> Iterator[Finding]:
    missed = facts_of(record, Missed)
    yield Finding("played", not missed, missed[0].what if missed else "every step happened")
    yield _ends(record, expect)
    if expect.reasons:
        yield _reason(record, expect)
    pairs = pairs_of(record)
    yield _time("exposed", "beyond its stop", [judged_exposed(record, pair) for pair in pairs], record, expect.exposed)
    without = "with no stop on the exchange" if record.stop_on_exchange else "with no running bot"
    yield _time(
        "unprotected", without, [judged_unprotected(record, pair) for pair in pairs], record, expect.unprotected
    )
    if expect.worse_percent is not None:
        yield _fill(record, expect.worse_percent)
    yield _entries(record, record.asked if expect.entries is None else expect.entries)
    yield from (Finding(*law) for law in laws(record))


def _time(name: str, how: str, times: Sequence[list[Interval]], record: Record, most: Limit) -> Finding:
    """Judge how long positions were held in a state; a bot whose loops are slow has the same number of them."""
    seconds = max((longest(intervals) for intervals in times), default=0.0)
    loops = max((most_loops(record, intervals) for intervals in times), default=0)
    met = seconds <= most.seconds * pace(record) and loops <= most.loops
    return Finding(name, met, f"held {how} for at most {seconds:.1f} s, {loops} loops of the bot")


def _ends(record: Record, expect: Expect) -> Finding:
    still, traded = open_pairs(record), pairs_of(record)
    now = "still open: " + ", ".join(still) if still else "closed" if traded else "never open"
    seen = "open" if still else "closed" if traded else "never_open"
    met = seen == expect.ends and (expect.ends != "closed" or bool(facts_of(record, Closed)))
    if seen == "closed" and not facts_of(record, Closed):
        now = "sold, but the bot has not closed the trade"
    return Finding("ends", met, f"the position is {now}")


def _reason(record: Record, expect: Expect) -> Finding:
    closed = facts_of(record, Closed)
    reason = closed[-1].reason if closed else "none"
    wanted = " or ".join(expect.reasons)
    return Finding("reason", reason in expect.reasons, f"exit reason {reason}, expected {wanted}")


def _fill(record: Record, most: float) -> Finding:
    worst = [worse for pair in pairs_of(record) if (worse := worst_fill(record, pair)) is not None]
    if not worst:
        return Finding("fill", not open_pairs(record), "no exit beyond the stop was filled")
    return Finding("fill", max(worst) <= most, f"sold {max(worst):.2f} % worse than the first price beyond the stop")


def _entries(record: Record, wanted: int) -> Finding:
    orders = {fill.order for fill in facts_of(record, Fill) if fill.sign == record.sign and not fill.by_hand}
    return Finding("entries", len(orders) == wanted, f"{len(orders)} entry orders were filled, expected {wanted}")
