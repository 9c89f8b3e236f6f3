"""Refuses what cannot work: a bot ends with all sentences at once, `robustop check` collects them and goes on."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from freqtrade.exceptions import OperationalException

REFUSES = "robustop refuses to start. "

_COLLECTED: ContextVar[list[str] | None] = ContextVar("collected", default=None)


def refuse(problems: Iterable[str]) -> None:
    """End the start if there is a problem.

    Raises:
        OperationalException: There is one, and nobody collects them; Freqtrade ends with this line.
    """
    found, collected = list(problems), _COLLECTED.get()
    if collected is not None:
        collected += found
    elif found:
        raise OperationalException(REFUSES + " ".join(found))


@contextmanager
def collected_refusals() -> Iterator[list[str]]:
    """Yield the list to which refusals are added inside this block, instead of ending the start."""
    found: list[str] = []
    token = _COLLECTED.set(found)
    try:
        yield found
    finally:
        _COLLECTED.reset(token)
