"""What a step decides: hold, move the stop, or leave; and what it remembers."""

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import NamedTuple

from robustop_plugin.core.facts import Position
from robustop_plugin.core.side import tighter


class ExitReason(StrEnum):
    """Why a position is left."""

    STOP_LOSS = "STOP_LOSS"
    TRAILING_STOP = "TRAILING_STOP"
    EMERGENCY = "EMERGENCY"
    MANUAL = "MANUAL"
    MAX_DRAWDOWN = "MAX_DRAWDOWN"
    COUNCIL_SELL = "COUNCIL_SELL"


class Rule(StrEnum):
    """Which rule put the stop where it is."""

    INITIAL = "initial"
    BREAKEVEN = "breakeven"
    TRAIL = "trail"


class Phase(IntEnum):
    """How far a position has come; it never goes back."""

    INITIAL_RISK = 0
    BREAKEVEN_PROTECTED = 1


class Level(NamedTuple):
    """A stop that is wanted: a price of the grid, and who wants it (no engine: the initial stop)."""

    price: float
    engine: str | None
    rule: Rule


@dataclass(frozen=True, slots=True)
class Hold:
    """Nothing changes."""


@dataclass(frozen=True, slots=True)
class Move:
    """The stop becomes `level.price`."""

    level: Level


@dataclass(frozen=True, slots=True)
class Exit:
    """The position is left; `level` is the one the price had crossed, if that is the reason."""

    reason: ExitReason
    level: Level | None = None


Decision = Hold | Move | Exit


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
    """

    stop: float
    published_at: float
    best: float
    phase: Phase
    level: Level | None = None
    atr: float | None = None
    atr_at_entry: float | None = None
    candle: float | None = None


class Outcome(NamedTuple):
    """A decision, the memory after it, and the desired level before the gate."""

    decision: Decision
    memory: Memory
    level: Level | None


def phase_of(position: Position, stop: float) -> Phase:
    """Return the phase that a stop alone amounts to."""
    exposed = tighter(position.side, position.entry, stop)
    return Phase.INITIAL_RISK if exposed else Phase.BREAKEVEN_PROTECTED


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
