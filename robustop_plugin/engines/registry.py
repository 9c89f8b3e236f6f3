"""The engines by name."""

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from robustop_plugin.core.facts import Engine, Levels
from robustop_plugin.engines.hand_span import hand_span

ENGINES: Final[dict[str, Callable[..., Levels]]] = {"hand_span": hand_span}

NOT_YET: Final = ("smart_trail", "atr_guard", "r_ladder", "bracket")
"""Engines that are designed, and refused by name until they are there."""


def engine_of(name: str, options: Any, *, steady: bool) -> Engine:
    """Return the engine `name` with its options bound; `steady` as in `Engine`."""
    return Engine(name, partial(ENGINES[name], options=options), steady)
