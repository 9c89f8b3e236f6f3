"""Whole numbers that no float holds: Python has them, and no calculation with prices takes them."""

import sys
from collections.abc import Iterator, Mapping
from typing import Any

from robustop_plugin.core.errors import InvalidSettings
from robustop_plugin.settings.describe import path_of, shown

LARGEST = int(sys.float_info.max)

Trail = tuple[Any, int | str] | None
"""Where a value stands: the trail of what holds it, and its key there. Paths of deep blocks would take long to copy."""


def refuse_what_no_float_holds(block: Any, name: str) -> None:
    """Refuse a block that has such a number, at any depth, as a value or as a key.

    Args:
        block: as it was read, before anything else looks at it.
        name: how errors call the block.

    Raises:
        InvalidSettings: naming the first such key, and the bound.
    """
    for trail, value in _inside(block):
        if isinstance(value, int) and not -LARGEST <= value <= LARGEST:
            path = path_of(name, _path(trail))
            raise InvalidSettings(f"{path} was {shown(value)}: it must be a number that a float can hold")


def _inside(block: Any) -> Iterator[tuple[Trail, Any]]:
    """Yield every key and every value of a block with its trail; without recursion, however deep it is."""
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
    """Return the keys of a trail from the outermost on."""
    keys: list[int | str] = []
    while trail is not None:
        trail, key = trail
        keys.append(key)
    return tuple(reversed(keys))
