"""What a sweep is busy with, in words: told where the work is done, heard by whoever shows it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Listener = Callable[[str], None]


def _nobody(stage: str) -> None:
    """Hear nothing: a worker process, or a program, that nobody watches."""


_LISTENER: ContextVar[Listener] = ContextVar("listener", default=_nobody)
_CHAPTER: ContextVar[str] = ContextVar("chapter", default="")


def chapter(name: str) -> None:
    """Tell which part of the whole begins."""
    _CHAPTER.set(name)
    _LISTENER.get()(name)


def now(stage: str) -> None:
    """Tell what is done from now on, within its part of the whole."""
    _LISTENER.get()(": ".join(text for text in (_CHAPTER.get(), stage) if text))


@contextmanager
def heard_by(listener: Listener) -> Iterator[None]:
    """Have what is told inside of this block heard."""
    token, before = _LISTENER.set(listener), _CHAPTER.set("")
    try:
        yield
    finally:
        _LISTENER.reset(token)
        _CHAPTER.reset(before)
