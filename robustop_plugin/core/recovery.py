"""What a written memory becomes after a restart: the host keeps the best price, so that only events need be written."""

from collections.abc import Iterable

from robustop_plugin.core.engine import Engine
from robustop_plugin.core.levels import engine_memory
from robustop_plugin.core.memory import Memory
from robustop_plugin.core.side import tighter


def caught_up(
    side: int, memory: Memory, engines: Iterable[Engine], extreme: float, old_extreme: float | None
) -> Memory:
    """Return a written memory with the best price that the host has seen since.

    Args:
        side: +1 long, -1 short.
        memory: the memory as it was written.
        engines: the engines of the settings.
        extreme: the host's most favorable price of the trade, in price.
        old_extreme: what that was when a later entry last moved the open rate, in price: only what lies beyond it has
            been seen by the averaged position. None if no later entry has.
    """
    if not tighter(side, extreme, memory.best) or (old_extreme is not None and not tighter(side, extreme, old_extreme)):
        return memory
    kept = dict(memory.kept)
    for engine in engines:
        if engine.catch_up is not None and engine.name in kept:
            kept[engine.name] = engine.catch_up(side, engine_memory(engine, kept), extreme)
    return memory._replace(best=extreme, kept=kept)
