"""Finds strategy files, and loads their classes as Freqtrade does."""

import logging
import re
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from freqtrade.resolvers import StrategyResolver
from freqtrade.strategy import IStrategy

from robustop_plugin import RobustopMixin

CLASS = re.compile(r"^class (\w+)\(([^)]*)\)", re.MULTILINE)
"""A class as Freqtrade looks for it, as text; parsing the largest files takes seconds each."""


class StrategyFile(NamedTuple):
    """A file with a strategy.

    Attributes:
        path: the file.
        name: its main class: the one named like the file, else the last.
    """

    path: Path
    name: str


def strategy_files(folder: Path) -> Iterator[StrategyFile]:
    """Yield the files below a folder that define a strategy, in a fixed order that mixes them: any part is a sample."""
    for path in sorted(folder.rglob("*.py"), key=lambda path: sha256(str(path.relative_to(folder)).encode()).digest()):
        names = _strategies_in(path)
        if names:
            yield StrategyFile(path, path.stem if path.stem in names else names[-1])


def _strategies_in(path: Path) -> list[str]:
    """Return the classes that derive from IStrategy, or from another such class of the file."""
    found: list[str] = []
    for name, bases in CLASS.findall(path.read_text(encoding="utf-8", errors="replace")):
        if {base.strip().rsplit(".", 1)[-1] for base in bases.split(",")} & {"IStrategy", *found}:
            found.append(name)
    return found


class CannotLoad(Exception):
    """Freqtrade does not load a strategy; its own reason."""


def load_class(file: StrategyFile) -> type[IStrategy]:
    """Return a strategy's class from a new import of its module, by Freqtrade's own import.

    Raises:
        CannotLoad: Freqtrade finds no such class in the file.
    """
    heard: list[str] = []
    handler = logging.Handler(logging.WARNING)
    handler.emit = lambda record: heard.append(record.getMessage())  # type: ignore[method-assign]
    logger = logging.getLogger("freqtrade.resolvers.iresolver")
    logger.addHandler(handler)
    try:
        found = next(iter(StrategyResolver._get_valid_object(file.path.resolve(), file.name)), None)
    finally:
        logger.removeHandler(handler)
    if found is None:
        raise CannotLoad(heard[-1].replace(str(file.path.parent), "") if heard else f"it has no class {file.name}")
    strategy, source = found
    # Freqtrade reads the parameters' file beside it.
    strategy.__file__ = str(file.path)
    strategy.__source__ = source
    return strategy


def mixin_first(theirs: type[IStrategy], block: dict[str, Any]) -> type[IStrategy]:
    """Return `class Theirs(RobustopMixin, Theirs)` with a block of settings.

    The name stays, so that the parameters' file of the strategy is read for both.
    """
    body = {"robustop": block, "__module__": theirs.__module__}
    return type(theirs.__name__, (RobustopMixin, theirs), body)


def in_the_body(theirs: type[IStrategy], block: dict[str, Any]) -> type[IStrategy]:
    """Return the same strategy as if written in the body of a class that derives from the mixin.

    Its callbacks then come before the mixin's, and call no `super()`: one that does is bound to the original class.
    """
    body = {key: value for key, value in vars(theirs).items() if key not in {"__dict__", "__weakref__"}}
    return type(theirs.__name__, (RobustopMixin, *theirs.__bases__), {**body, "robustop": block})


ORDERS = {"mixin first": mixin_first, "in the body": in_the_body}
"""The two ways in which users write such a class."""
