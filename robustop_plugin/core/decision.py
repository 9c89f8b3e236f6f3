"""What a step decides: hold, move the stop, sell a part, or leave; and what it remembers."""

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import NamedTuple

from robustop_plugin.core.exit_reason import ExitReason as ExitReason  # noqa: PLC0414 (importable from here as well)
from robustop_plugin.core.facts import Position
from robustop_plugin.core.side import tighter


class Rule(StrEnum):
    """Which rule put the stop where it is."""

    INITIAL = "initial"
    BREAKEVEN = "breakeven"
    TRAIL = "trail"


class Phase(IntEnum):
    """How far a position has come; it never goes back."""

    INITIAL_RISK = 0
    BREAKEVEN_PROTECTED = 1
    PARTIAL_PROFIT_TAKEN = 2
    ADVANCED_PROFIT_TAKEN = 3
    FINAL_PROFIT_TAKEN = 4


class Progress(NamedTuple):
    """What filled orders have sold so far.

    Attributes:
        rungs: how many rungs of the schedule, from the first on.
        portion: whether the portion that an engine trails by itself was sold.
    """

    rungs: int = 0
    portion: bool = False


class Sale(NamedTuple):
    """A part of the position that is to be sold, in one order.

    Attributes:
        fraction: of the original amount.
        progress: once the order is filled.
        closes: nothing would be left.
    """

    fraction: float
    progress: Progress
    closes: bool


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
class Reduce:
    """A part is sold; `level` is where the stop moves in the same step, if it does."""

    sale: Sale
    level: Level | None = None


@dataclass(frozen=True, slots=True)
class Exit:
    """The position is left.

    `level` is the one the price had crossed, if that is the reason; with a `sale`, the exit is made by the rungs,
    and `level` is where the stop moved before.
    """

    reason: ExitReason
    level: Level | None = None
    sale: Sale | None = None


Decision = Hold | Move | Reduce | Exit


def phase_of(position: Position, stop: float) -> Phase:
    """Return the phase that a stop alone amounts to."""
    exposed = tighter(position.side, position.entry, stop)
    return Phase.INITIAL_RISK if exposed else Phase.BREAKEVEN_PROTECTED


def phase_taken(rungs: int) -> Phase:
    """Return the phase that so many taken rungs amount to."""
    return Phase(min(Phase.BREAKEVEN_PROTECTED + rungs, Phase.FINAL_PROFIT_TAKEN)) if rungs else Phase.INITIAL_RISK


def moved_to(decision: Decision) -> Level | None:
    """Return where the stop was moved by a decision; None where it was not."""
    if isinstance(decision, Move | Reduce):
        return decision.level
    return decision.level if isinstance(decision, Exit) and decision.sale is not None else None
