"""What a step remembers about a position for the next step."""

from collections.abc import Mapping
from typing import NamedTuple

from robustop_plugin.core.decision import Decision, Level, Phase, Progress, phase_of, phase_taken
from robustop_plugin.core.engine import EngineMemory
from robustop_plugin.core.facts import Position

NO_ENGINE_MEMORY: Mapping[str, EngineMemory] = {}


class Memory(NamedTuple):
    """Everything that is carried from one step to the next.

    Attributes:
        stop: the stop in force, in price.
        published_at: when the stop was published, in seconds since the epoch.
        best: the most favorable price seen, in price.
        phase: the highest phase reached.
        level: the tightest level ever desired; None before the first. It waits here until it is published.
        atr: the last known ATR, in price; None if unknown.
        atr_at_entry: the first known ATR, in price; None if unknown.
        candle: opening time of the last candle whose close was used, in seconds since the epoch; None unless stops
            move only when a candle closes.
        progress: what filled orders have sold so far.
        virtual: the tightest level ever cleared at which only a portion is sold, in price; None before the first.
        kept: the memory of each engine, by engine name.
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
    """The result of a step.

    Attributes:
        decision: what to do.
        memory: to pass to the next step.
        level: the desired level before the gate; None without one, and on exits by rules 1 to 4.
    """

    decision: Decision
    memory: Memory
    level: Level | None


def filled(memory: Memory, progress: Progress) -> Memory:
    """Return the memory after sell orders have filled, up to `progress`."""
    return memory._replace(progress=progress, phase=max(memory.phase, phase_taken(progress.rungs)))


def fresh_memory(position: Position, atr: float | None = None) -> Memory:
    """Return the memory of a position just opened; `atr` in price, None if unknown."""
    return Memory(
        stop=position.initial_stop,
        published_at=position.opened_at,
        best=position.entry,
        phase=phase_of(position, position.initial_stop),
        atr=atr,
        atr_at_entry=atr,
    )
