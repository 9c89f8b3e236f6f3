"""Finds positions for which robustop has no state: its engines do not decide about them."""

from collections.abc import Iterator

from robustop_plugin.operate.findings.finding import Finding, Severity, Source, called
from robustop_plugin.operate.findings.look import Look
from robustop_plugin.operate.stored_state import Trouble

NAME = "missing_state"
NONE_OF_ITS_OWN = (Trouble.MISSING, Trouble.OF_ANOTHER_TRADE)


def find(look: Look) -> Iterator[Finding]:
    """Yield one finding for each such position; a trade in shadow needs no state."""
    for trade in look.positions:
        if trade.trouble in NONE_OF_ITS_OWN:
            yield Finding(
                NAME,
                Severity.WARNING,
                Source.DATABASE,
                f"{called(trade)}: {trade.stored.detail}; only Freqtrade's own stop protects it",
                "a running bot with RobustopMixin adopts the trade in its next loop: see that it runs, with a strategy "
                "that `robustop check` passes",
            ).of(trade)
