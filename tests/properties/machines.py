"""The second machine: functions of the package, compiled as they stand."""

import inspect
import math
from collections.abc import Callable
from types import FunctionType, ModuleType
from typing import Any

from hypothesis import strategies as st

from robustop_plugin import protections
from robustop_plugin.core import age, exact, grid, side
from robustop_plugin.engines import atr_guard, bracket, breakeven, hand_span, r_ladder, smart_trail

MODULES: tuple[ModuleType, ...] = (
    *(exact, side, grid, age, breakeven),
    *(hand_span, smart_trail, atr_guard, r_ladder, bracket),
    protections,
)
"""In the order in which they build on each other."""

FLOATS = st.floats(1e-12, 1e12) | st.integers(1, 10**15).map(lambda count: count / 10**8)


def compiled(modules: tuple[ModuleType, ...]) -> dict[Callable[..., Any], Callable[..., Any]]:
    """Return every plain function of the modules, compiled as it stands; named tuples stay what they are.

    The code object is the module's own: only the namespace is new, where the functions it calls are compiled too.
    """
    import numba  # noqa: PLC0415 (not everybody has a compiler)

    found: dict[Callable[..., Any], Callable[..., Any]] = {}
    for module in modules:
        namespace = dict(vars(module))
        for name, value in vars(module).items():
            if inspect.isfunction(value):
                namespace[name] = found.get(value, value)
        for name, function in inspect.getmembers(module, inspect.isfunction):
            if function.__module__ == module.__name__:
                plain = FunctionType(function.__code__, namespace, name, function.__defaults__)
                plain.__kwdefaults__ = function.__kwdefaults__
                found[function] = namespace[name] = numba.njit(plain)
    return found


def same(first: Any, second: Any) -> bool:
    """Return whether two results are equal to the last bit; NaN equals NaN."""
    if first is None or second is None:
        return first is second
    if isinstance(first, tuple):
        return len(first) == len(second) and all(map(same, first, second))
    return (first == second and math.copysign(1, first) == math.copysign(1, second)) or (
        math.isnan(first) and math.isnan(second)
    )
