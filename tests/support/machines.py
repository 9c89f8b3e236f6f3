"""The compiled variant: functions of the package, compiled unchanged."""

import math
from types import ModuleType
from typing import Any

from hypothesis import strategies as st

from robustop_plugin import protections
from robustop_plugin.core import durations, exact, grid, side, whole_numbers
from robustop_plugin.engines import atr_guard, bracket, breakeven, hand_span, r_ladder, smart_trail
from robustop_plugin.lab.replay.compiler import compiled

__all__ = ["FLOATS", "MODULES", "compiled", "same"]

MODULES: tuple[ModuleType, ...] = (
    *(exact, whole_numbers, side, grid, durations, breakeven),
    *(hand_span, smart_trail, atr_guard, r_ladder, bracket),
    protections,
)
"""Modules in dependency order."""

FLOATS = st.floats(1e-12, 1e12) | st.integers(1, 10**15).map(lambda count: count / 10**8)


def same(first: Any, second: Any) -> bool:
    """Return whether two results are equal to the last bit; NaN equals NaN."""
    if first is None or second is None:
        return first is second
    if isinstance(first, tuple):
        return len(first) == len(second) and all(map(same, first, second))
    return (first == second and math.copysign(1, first) == math.copysign(1, second)) or (
        math.isnan(first) and math.isnan(second)
    )
