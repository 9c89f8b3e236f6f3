"""Rejects whole numbers too large for a float: Python allows them, calculations with prices do not."""

import sys
from collections.abc import Iterator, Mapping
from typing import Any

from robustop_plugin.core.errors import InvalidSettings
from robustop_plugin.settings.describe import path_of, shown

LARGEST = int(sys.float_info.max)

Trail = tuple[Any, int | str] | None
"""The location of a value: the trail of its parent, and its key there. Copying whole paths would be slow."""


def refuse_what_no_float_holds(block: Any, name: str) -> None:
    """Reject a block with such a number, at any depth, as a value or as a key.

    Args:
        block: the block as read, before any other check.
        name: the name of the block in errors.

    Raises:
        InvalidSettings: with the first such key and the bound.
    """
    for trail, value in _inside(block):
        if isinstance(value, int) and not -LARGEST <= value <= LARGEST:
            path = path_of(name, _path(trail))
            raise InvalidSettings(f"{path} was {shown(value)}: it must be a number that a float can hold")


def _inside(block: Any) -> Iterator[tuple[Trail, Any]]:
    """Yield every key and value of a block with its trail; no recursion, so any depth is possible."""
    waiting: list[tuple[Trail, Any]] = [(None, block)]
    while waiting:
        trail, value = waiting.pop()
        yield trail, value
        if isinstance(value, Mapping):
            for key, inner in value.items():
                yield trail, key
                waiting.append(((trail, str(key)), inner))
        elif isinstance(value, list | tuple):
            waiting += [((trail, index), inner) for index, inner in enumerate(value)]


def _path(trail: Trail) -> tuple[int | str, ...]:
    """Return the keys of a trail, outermost first."""
    keys: list[int | str] = []
    while trail is not None:
        trail, key = trail
        keys.append(key)
    return tuple(reversed(keys))
