"""The engines by name."""

from collections.abc import Callable
from functools import partial
from typing import Any, Final, NamedTuple

from robustop_plugin.core.facts import Engine, Levels
from robustop_plugin.engines.hand_span import hand_span, next_change


class EngineFunctions(NamedTuple):
    """What an engine is: its opinion, and how long it stays what it is where nothing but the best price counts."""

    offer: Callable[..., Levels]
    next_change: Callable[..., float]


ENGINES: Final = {"hand_span": EngineFunctions(hand_span, next_change)}

NOT_YET: Final = ("smart_trail", "atr_guard", "r_ladder", "bracket")
"""Engines that are designed, and refused by name until they are there."""


def engine_of(name: str, options: Any, *, steady: bool) -> Engine:
    """Return the engine `name` with its options bound; steady: its opinion changes with the best price alone."""
    functions = ENGINES[name]
    lasting = partial(functions.next_change, options=options) if steady else None
    return Engine(name, partial(functions.offer, options=options), lasting)
