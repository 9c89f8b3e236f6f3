"""The next change of the ladder's levels."""

import math

import pytest

from robustop_plugin.core.engine import view_of
from robustop_plugin.core.facts import Position, Tick
from robustop_plugin.engines.r_ladder import RLadderOptions, Rung, next_change

RUNGS = (Rung(1.0, math.nan), Rung(2.0, 1.0), Rung(4.0, 2.0))


@pytest.mark.parametrize("side", [1, -1])
@pytest.mark.parametrize(
    ("gain", "change"),
    [
        (0.0, 10.0),  # up to the first rung
        (9.0, 10.0),
        (10.0, 20.0),  # breakeven at the entry is cleared: up to the first distance
        (20.0, 20.0),  # from there on each new best price counts
        (25.0, 25.0),
        (40.0, 40.0),
    ],
)
def test_next_change(side: int, gain: float, change: float) -> None:
    """Before any trail the levels stay up to the next rung; with a trail every new best price changes them."""
    position = Position(side, 100.0, 100.0 - side * 10, 1.0, 0.0)
    view = view_of(position, Tick(60.0, 100.0), 100.0 + side * gain, None, None)
    assert next_change(view, RLadderOptions(RUNGS, fees=False, fee_percent=0.0, slippage_percent=0.0)) == change
