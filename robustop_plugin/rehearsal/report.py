"""A rehearsal as JSON-ready data, and as a sentence."""

from collections.abc import Sequence
from typing import Any

from robustop_plugin.rehearsal.facts import Closed, Record
from robustop_plugin.rehearsal.figures import (
    Interval,
    exposed,
    facts_of,
    longest,
    most_loops,
    pace,
    pairs_of,
    result,
    unprotected,
)
from robustop_plugin.rehearsal.judged import judged_exposed, judged_unprotected
from robustop_plugin.rehearsal.run import Rehearsal
from robustop_plugin.rehearsal.verdict import FAILED, INCURABLE

DIGITS = 3
"""Of seconds in a report: milliseconds."""


def report_of(rehearsal: Rehearsal) -> dict[str, Any]:
    """Return a rehearsal as JSON-ready data."""
    variant, verdict = rehearsal.variant, rehearsal.verdict
    return {
        "scenario": rehearsal.scenario.name,
        "about": rehearsal.scenario.sentence,
        "strategy": rehearsal.strategy,
        "robustop": not rehearsal.plain,
        "kind": variant.kind,
        "stop": variant.stop,
        "route": variant.route,
        "verdict": verdict.verdict,
        "reason": verdict.reason,
        "sentence": sentence_of(rehearsal),
        "figures": figures_of(rehearsal.record),
        "expectations": [finding._asdict() for finding in verdict.findings],
        "messages": list(rehearsal.record.messages),
        "timeline": [{"time": round(moment, DIGITS), "event": text} for moment, text in rehearsal.timeline],
        "seconds": round(rehearsal.seconds, DIGITS),
    }


def figures_of(record: Record) -> dict[str, Any]:
    """Return the figures of a rehearsal, those of the worst pair."""
    pairs = pairs_of(record)
    beyond = [exposed(record, pair) for pair in pairs]
    bare = [unprotected(record, pair) for pair in pairs]
    judged_beyond = [judged_exposed(record, pair) for pair in pairs]
    judged_bare = [judged_unprotected(record, pair) for pair in pairs]
    closed = facts_of(record, Closed)
    return {
        **_times("exposed", record, beyond),
        **_times("unprotected", record, bare),
        **_times("judged_exposed", record, judged_beyond),
        **_times("judged_unprotected", record, judged_bare),
        "loop_seconds": round(pace(record), DIGITS),
        "unprotected_total": round(sum(span.seconds for times in bare for span in times), DIGITS),
        "result": round(sum(result(record, pair) for pair in pairs), 8),
        "profit": round(sum(trade.profit for trade in closed), 8),
        "reasons": [trade.reason for trade in closed],
    }


def _times(name: str, record: Record, times: Sequence[Sequence[Interval]]) -> dict[str, float]:
    """Return the longest of some times, in seconds and in loops of the bot."""
    return {
        f"{name}_seconds": round(max((longest(intervals) for intervals in times), default=0.0), DIGITS),
        f"{name}_loops": max((most_loops(record, intervals) for intervals in times), default=0),
    }


def sentence_of(rehearsal: Rehearsal) -> str:
    """Return what happened, in one sentence that a person understands."""
    verdict, record = rehearsal.verdict, rehearsal.record
    who = f"{rehearsal.strategy} {'without' if rehearsal.plain else 'with'} robustop"
    seen = "; ".join(finding.detail.splitlines()[0] for finding in verdict.failures)
    if verdict.verdict == FAILED:
        return f"{who} failed: {seen}."
    if verdict.verdict == INCURABLE:
        return f"{who} met a limit that no strategy can cure ({verdict.reason}): {seen}."
    figures = figures_of(record)
    if figures["exposed_seconds"]:
        how = f"was out {figures['exposed_seconds']:.1f} s after the price had passed its stop"
    elif figures["reasons"]:
        how = "left its position without ever holding it beyond its stop"
    elif pairs_of(record):
        how = "still holds its position"
    else:
        how = "has no position, as it should be"
    return f"{who} {how}; nothing was bought or sold twice, and the ledger sums to zero."
