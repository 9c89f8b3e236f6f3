"""The decisions of a step: hold, move the stop, sell a part, or exit."""

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import NamedTuple

from robustop_plugin.core.exit_reason import ExitReason
from robustop_plugin.core.facts import Position
from robustop_plugin.core.side import tighter


class Rule(StrEnum):
    """The rule that set the stop."""

    INITIAL = "initial"
    BREAKEVEN = "breakeven"
    TRAIL = "trail"
    STOP = "stop"
    """A price that a person named; no engine offers it."""


class Phase(IntEnum):
    """How far a position has progressed; it never goes back."""

    INITIAL_RISK = 0
    BREAKEVEN_PROTECTED = 1
    PARTIAL_PROFIT_TAKEN = 2
    ADVANCED_PROFIT_TAKEN = 3
    FINAL_PROFIT_TAKEN = 4


class Progress(NamedTuple):
    """What filled orders have sold so far.

    Attributes:
        rungs: number of rungs taken, counted from the first.
        portion: True if the portion that an engine trails separately was sold.
    """

    rungs: int = 0
    portion: bool = False


class Sale(NamedTuple):
    """A part of the position to sell in one order.

    Attributes:
        fraction: the part to sell, as a fraction of the original amount.
        progress: the progress once the order is filled.
        closes: True if nothing would be left.
    """

    fraction: float
    progress: Progress
    closes: bool


class Level(NamedTuple):
    """A price where a stop may be.

    Attributes:
        price: on the grid, in price.
        engine: the name of the engine that offered it; None for the initial stop.
        rule: the rule that offered it.
    """

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
    """A part is sold; `level` is where the stop moves in the same step, None if it stays."""

    sale: Sale
    level: Level | None = None


@dataclass(frozen=True, slots=True)
class Exit:
    """The position is closed.

    Attributes:
        reason: why.
        level: the level that the price had crossed (rule 8), or with a `sale` the level that the stop moved to before
            it; None otherwise.
        sale: what the rungs sell, if they close the position; None otherwise.
    """

    reason: ExitReason
    level: Level | None = None
    sale: Sale | None = None


Decision = Hold | Move | Reduce | Exit


def phase_of(position: Position, stop: float) -> Phase:
    """Return the phase that follows from the stop alone; `stop` in price."""
    exposed = tighter(position.side, position.entry, stop)
    return Phase.INITIAL_RISK if exposed else Phase.BREAKEVEN_PROTECTED


def phase_taken(rungs: int) -> Phase:
    """Return the phase that follows from the number of rungs taken."""
    return Phase(min(Phase.BREAKEVEN_PROTECTED + rungs, Phase.FINAL_PROFIT_TAKEN)) if rungs else Phase.INITIAL_RISK


def moved_to(decision: Decision) -> Level | None:
    """Return the level that a decision moved the stop to; None if the stop stayed."""
    if isinstance(decision, Move | Reduce):
        return decision.level
    return decision.level if isinstance(decision, Exit) and decision.sale is not None else None
