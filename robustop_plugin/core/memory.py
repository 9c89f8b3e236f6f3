"""What a step remembers of a position until the next one."""

from collections.abc import Mapping
from typing import NamedTuple

from robustop_plugin.core.decision import Decision, Level, Phase, Progress, phase_of, phase_taken
from robustop_plugin.core.engine import EngineMemory
from robustop_plugin.core.facts import Position

NO_ENGINE_MEMORY: Mapping[str, EngineMemory] = {}


class Memory(NamedTuple):
    """All that has to survive from one step to the next.

    Attributes:
        stop: the stop in force, in price.
        published_at: when it was published, in seconds.
        best: the most favourable price seen, in price.
        phase: the highest phase reached.
        level: the tightest level ever desired; it waits here while it is not published.
        atr: the last known ATR, in price.
        atr_at_entry: the first known ATR, in price.
        candle: when the last candle opened whose close was looked at, in seconds; where stops move at closes.
        progress: what was sold so far.
        virtual: the tightest level ever cleared at which only a portion is sold, in price.
        kept: what engines remember, by their names.
    """

    stop: float
    published_at: float
    best: float
    phase: Phase
    level: Level | None = None
    atr: float | None = None
    atr_at_entry: float | None = None
    candle: float | None = None
    progress: Progress = Progress()
    virtual: float | None = None
    kept: Mapping[str, EngineMemory] = NO_ENGINE_MEMORY


class Outcome(NamedTuple):
    """A decision, the memory after it, and the desired level before the gate."""

    decision: Decision
    memory: Memory
    level: Level | None


def filled(memory: Memory, progress: Progress) -> Memory:
    """Return the memory after filled orders have brought the sales to some progress."""
    return memory._replace(progress=progress, phase=max(memory.phase, phase_taken(progress.rungs)))


def fresh_memory(position: Position, atr: float | None = None) -> Memory:
    """Return the memory of a position that was just opened."""
    return Memory(
        stop=position.initial_stop,
        published_at=position.opened_at,
        best=position.entry,
        phase=phase_of(position, position.initial_stop),
        atr=atr,
        atr_at_entry=atr,
    )
