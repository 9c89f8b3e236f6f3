"""Forgets the results that the interpreter remembers, so that a planted bug is computed with, and none of it stays."""

from robustop_plugin.core import durations, engine, exact, grid
from robustop_plugin.engines import atr_guard, bracket, breakeven, hand_span, r_ladder, smart_trail

MODULES = (exact, grid, durations, engine, breakeven, hand_span, smart_trail, atr_guard, r_ladder, bracket)
"""Modules whose functions may remember results."""


def forget_results() -> None:
    """Clear every cache of these modules."""
    for module in MODULES:
        for value in vars(module).values():
            if hasattr(value, "cache_clear"):
                value.cache_clear()
