"""Loads a strategy as Freqtrade does: as it is, and with robustop."""

import io
import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from copy import deepcopy
from pathlib import Path
from types import new_class
from typing import Any, NamedTuple

from freqtrade.resolvers import StrategyResolver
from freqtrade.strategy import IStrategy

from robustop_plugin.bridge.callbacks.conflicts import MIXIN
from robustop_plugin.bridge.mixin import RobustopMixin
from robustop_plugin.runner.checks.finding import one_line

ADVICE = {
    "Short strategies cannot run in spot markets": 'set "trading_mode": "futures" and "margin_mode": "isolated"',
    "No module named": "install it into the Python environment of Freqtrade, or correct the import",
    "Impossible to load Strategy": "see --strategy, --strategy-path and --recursive-strategy-search",
}
"""What to do, by a part of the reason."""


class NotLoaded(Exception):
    """Freqtrade cannot load a strategy; the message is its reason."""


class FoundClass(NamedTuple):
    """A strategy class and its file.

    Attributes:
        strategy: The class.
        path: The file, with symbolic links resolved.
    """

    strategy: type[IStrategy]
    path: Path

    @property
    def is_protected(self) -> bool:
        """True if the class has robustop's mixin."""
        return any(base.__name__ == MIXIN for base in self.strategy.__mro__)

    def protected(self, block: dict[str, Any] | None = None) -> "FoundClass":
        """Return the class with the mixin first, under the same name, so that its parameter file still applies.

        Args:
            block: Replaces the robustop block of the class; None to leave it.
        """
        bases = (self.strategy,) if self.is_protected else (RobustopMixin, self.strategy)
        if len(bases) == 1 and block is None:
            return self
        body: dict[str, Any] = {"__module__": self.strategy.__module__, "__doc__": self.strategy.__doc__}
        if block is not None:
            body["robustop"] = block
        made = new_class(self.strategy.__name__, bases, exec_body=lambda namespace: namespace.update(body))
        return FoundClass(made, self.path)


class _Found(BaseException):
    """Ends Freqtrade's loading once the class is found: it is no `Exception`, so that nothing catches it."""

    def __init__(self, found: FoundClass) -> None:
        super().__init__()
        self.found = found


def find_class(config: dict[str, Any]) -> FoundClass:
    """Return the strategy class that a configuration names, found as Freqtrade finds it.

    Raises:
        NotLoaded: Freqtrade's reason.
    """
    search = StrategyResolver._search_object  # noqa: SLF001 (Freqtrade has no public way to get at the class)

    def find(directory: Path, *, object_name: str, add_source: bool = False) -> Any:
        strategy, path = search(directory=directory, object_name=object_name, add_source=add_source)
        if strategy is not None:
            raise _Found(FoundClass(strategy, path))
        return None, None

    try:
        _load(config, find)
    except _Found as ended:
        return ended.found
    raise NotLoaded("Freqtrade found no class")  # pragma: no cover (Freqtrade raises its own error)


def load_class(found: FoundClass, config: dict[str, Any]) -> IStrategy:
    """Return a strategy of a class that was found before, as Freqtrade's resolver makes it.

    Raises:
        NotLoaded: Freqtrade's reason.
    """
    return _load({**config, "strategy": found.strategy.__name__}, lambda *_, **__: found)


def _load(config: dict[str, Any], find: Callable[..., Any]) -> IStrategy:
    with guarded(), _searching_with(find):
        return StrategyResolver.load_strategy(deepcopy(config))


@contextmanager
def guarded() -> Iterator[list[str]]:
    """Run the user's code; yield the list of warnings that are logged.

    Nothing is printed, no compiled file is written, and whatever ends the code becomes one sentence.

    Raises:
        NotLoaded: Why the code ended.
    """
    bytecode = sys.dont_write_bytecode
    sys.dont_write_bytecode = True
    with collected_warnings() as warnings, redirect_stdout(io.StringIO()):
        try:
            yield warnings
        except (KeyboardInterrupt, _Found):
            raise
        except BaseException as error:  # user code may raise anything, SystemExit too
            raise NotLoaded(reason_of(error, warnings)) from error
        finally:
            sys.dont_write_bytecode = bytecode


def reason_of(error: BaseException, warnings: list[str]) -> str:
    """Return why a strategy does not load, as Freqtrade says it, and what to do.

    Args:
        error: What ended the loading.
        warnings: What Freqtrade logged before.
    """
    known = type(error).__module__.startswith("freqtrade.") or isinstance(error, ImportError)
    sentence = one_line(error) if known else f"{type(error).__name__}: {one_line(error)}"
    logged = dict.fromkeys(warning for warning in warnings if warning.startswith("Could not import"))
    # A strategy that was not found says less than the reason why its file could not be imported.
    text = "; ".join(logged) if logged and "Impossible to load" in sentence else sentence
    advice = next((advice for phrase, advice in ADVICE.items() if phrase in text), None)
    return text if advice is None else f"{text.rstrip('. ')}: {advice}"


@contextmanager
def _searching_with(find: Callable[..., Any]) -> Iterator[None]:
    """Replace Freqtrade's search for the class of a strategy."""
    StrategyResolver._search_object = staticmethod(find)  # noqa: SLF001 (see find_class)
    try:
        yield
    finally:
        # The class inherits it again.
        del StrategyResolver._search_object  # noqa: SLF001


@contextmanager
def collected_warnings() -> Iterator[list[str]]:
    """Yield the list of warnings that are logged inside this block; nothing is printed."""
    texts: list[str] = []

    class Collector(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            texts.append(one_line(record.getMessage()))

    root = logging.root
    handlers, disabled = root.handlers[:], root.manager.disable
    root.handlers = [Collector(logging.WARNING)]
    logging.disable(logging.INFO)
    try:
        yield texts
    finally:
        root.handlers = handlers
        logging.disable(disabled)
