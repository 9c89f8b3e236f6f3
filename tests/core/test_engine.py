"""What engines see, and the memory of a position just opened."""

import math

from robustop_plugin.core.decision import Phase
from robustop_plugin.core.engine import view_of
from robustop_plugin.core.exact import Exact
from robustop_plugin.core.facts import Position, Tick
from robustop_plugin.core.memory import Memory, fresh_memory

SHORT = Position(-1, 0.3, 0.5, 0.1, 100.0)


def test_a_view_counts_the_gain_in_ticks_and_the_age_in_seconds() -> None:
    """The gain is the profit at the best price, by the side of the trade."""
    view = view_of(SHORT, Tick(160.5, 0.3), 0.1, 1.5, None)
    assert (view.gain, view.age) == (Exact(2.0, 0.0), 60.5)
    assert view.atr == 1.5
    assert math.isnan(view.atr_at_entry)


def test_a_view_has_the_breakeven_of_the_trade_in_ticks() -> None:
    """The real breakeven of the tick reaches the engines; without one it is NaN."""
    assert view_of(SHORT, Tick(160.0, 0.3, breakeven=0.2), 0.3, None, None).breakeven == Exact(2.0, 0.0)
    assert math.isnan(view_of(SHORT, Tick(160.0, 0.3), 0.3, None, None).breakeven.high)


def test_a_fresh_memory_knows_the_atr_of_the_entry() -> None:
    """An ATR known at the entry is both the first and the last known ATR."""
    memory = fresh_memory(SHORT, 0.25)
    assert memory == Memory(0.5, 100.0, 0.3, Phase.INITIAL_RISK, atr=0.25, atr_at_entry=0.25)
    assert fresh_memory(SHORT)._replace(atr=0.25, atr_at_entry=0.25) == memory
