"""Finds trades about which robustop has given up to decide for a while, after errors in a row."""

from collections.abc import Iterator

from robustop_plugin.operate.findings.finding import Finding, Severity, Source, called
from robustop_plugin.operate.findings.look import Look

NAME = "open_breaker"


def find(look: Look) -> Iterator[Finding]:
    """Yield one finding for each such trade."""
    for trade in look.positions:
        breaker = look.breakers.get(trade.number)
        if breaker is not None:
            yield Finding(
                NAME,
                Severity.CRITICAL,
                Source.DATABASE,
                f"{called(trade)}: the breaker is open, the stop in force stays where it is: {breaker.reason}",
                f"see the errors with `robustop audit --trade-id {trade.number}`; it closes by itself once the bot can "
                "decide again",
                since=breaker.opened_at,
            ).of(trade)
