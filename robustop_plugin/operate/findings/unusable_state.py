"""Finds states of trades that cannot be read, or that a newer robustop has written."""

from collections.abc import Iterator

from robustop_plugin.operate.findings.finding import Finding, Severity, Source, called
from robustop_plugin.operate.findings.look import Look
from robustop_plugin.operate.stored_state import Trouble

NAME = "unusable_state"


def find(look: Look) -> Iterator[Finding]:
    """Yield one finding for each such trade."""
    for trade in look.positions:
        if trade.trouble == Trouble.NEWER:
            yield Finding(
                NAME,
                Severity.CRITICAL,
                Source.DATABASE,
                f"{called(trade)}: {trade.stored.detail}",
                "a bot with this robustop leaves the trade alone: upgrade robustop where the bot runs",
            ).of(trade)
        elif trade.trouble == Trouble.UNREADABLE:
            yield Finding(
                NAME,
                Severity.WARNING,
                Source.DATABASE,
                f"{called(trade)}: {trade.stored.detail}",
                "a bot that starts drops it and adopts the trade, with its stop: start the bot again if it runs, and "
                "look for what has written into its database",
            ).of(trade)
