"""Progress messages of long work: reported where the work is done, received by whoever displays them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Listener = Callable[[str], None]


def _ignore(stage: str) -> None:
    """Ignore a message: the default in worker processes and scripts."""


_LISTENER: ContextVar[Listener] = ContextVar("listener", default=_ignore)
_SECTION: ContextVar[str] = ContextVar("section", default="")


def begin_section(name: str) -> None:
    """Report the start of a section of the work."""
    _SECTION.set(name)
    _LISTENER.get()(name)


def report(stage: str) -> None:
    """Report the current step within the section."""
    _LISTENER.get()(": ".join(text for text in (_SECTION.get(), stage) if text))


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Pass the messages reported inside this block to a listener."""
    token, before = _LISTENER.set(listener), _SECTION.set("")
    try:
        yield
    finally:
        _LISTENER.reset(token)
        _SECTION.reset(before)
