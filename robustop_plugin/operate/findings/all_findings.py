"""All that is looked for."""

from collections.abc import Callable, Iterator, Mapping

from robustop_plugin.operate.findings import (
    below_entry,
    doubled,
    missing_state,
    open_breaker,
    orphaned,
    resting_part,
    silent_bot,
    slow_update,
    stale_price,
    unexplained,
    unprotected,
    unusable_state,
    wrong_price,
    wrong_size,
)
from robustop_plugin.operate.findings.finding import Finding
from robustop_plugin.operate.findings.look import Look

FINDINGS: Mapping[str, Callable[[Look], Iterator[Finding]]] = {
    unprotected.NAME: unprotected.find,
    below_entry.NAME: below_entry.find,
    wrong_size.NAME: wrong_size.find,
    wrong_price.NAME: wrong_price.find,
    doubled.NAME: doubled.find,
    orphaned.NAME: orphaned.find,
    unexplained.NAME: unexplained.find,
    stale_price.NAME: stale_price.find,
    missing_state.NAME: missing_state.find,
    unusable_state.NAME: unusable_state.find,
    silent_bot.NAME: silent_bot.find,
    open_breaker.NAME: open_breaker.find,
    slow_update.NAME: slow_update.find,
    resting_part.NAME: resting_part.find,
}
"""What finds each kind of finding, by its name."""


def findings_in(look: Look) -> list[Finding]:
    """Return everything that one look has found."""
    return [finding for find in FINDINGS.values() for finding in find(look)]
