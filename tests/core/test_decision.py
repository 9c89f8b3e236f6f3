"""Where a decision moves the stop, and the phase that follows from sales."""

import pytest

from robustop_plugin.core.decision import (
    Decision,
    Exit,
    Hold,
    Level,
    Move,
    Phase,
    Progress,
    Reduce,
    Rule,
    Sale,
    moved_to,
    phase_taken,
)
from robustop_plugin.core.exit_reason import ExitReason

LEVEL = Level(101.0, "hand_span", Rule.TRAIL)
SALE = Sale(0.5, Progress(1), closes=False)


@pytest.mark.parametrize(
    ("decision", "level"),
    [
        (Hold(), None),
        (Move(LEVEL), LEVEL),
        (Reduce(SALE, LEVEL), LEVEL),
        (Reduce(SALE), None),
        (Exit(ExitReason.TAKE_PROFIT, LEVEL, SALE), LEVEL),  # the rungs close it, after the stop was moved
        (Exit(ExitReason.TRAILING_STOP, LEVEL), None),  # a level that was crossed is no move
        (Exit(ExitReason.STOP_LOSS), None),
    ],
)
def test_where_the_stop_was_moved(decision: Decision, level: Level | None) -> None:
    """A move, a sale with a move and an exit by rungs move the stop; no other decision does."""
    assert moved_to(decision) == level


@pytest.mark.parametrize(
    ("rungs", "phase"),
    [
        (0, Phase.INITIAL_RISK),
        (1, Phase.PARTIAL_PROFIT_TAKEN),
        (2, Phase.ADVANCED_PROFIT_TAKEN),
        (3, Phase.FINAL_PROFIT_TAKEN),
        (9, Phase.FINAL_PROFIT_TAKEN),
    ],
)
def test_the_phase_of_so_many_rungs(rungs: int, phase: Phase) -> None:
    """Each of the first three rungs has its own phase; further rungs keep the last phase."""
    assert phase_taken(rungs) == phase
