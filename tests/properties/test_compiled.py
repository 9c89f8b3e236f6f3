"""One definition, two machines: the functions of the engine compile unchanged and give identical results."""

import inspect
import math
from collections.abc import Callable
from fractions import Fraction
from types import FunctionType, ModuleType
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from robustop_plugin.core import exact, grid, side
from robustop_plugin.core.exact import Exact
from robustop_plugin.core.view import View
from robustop_plugin.engines import breakeven, hand_span
from robustop_plugin.engines.hand_span import HandSpanOptions
from tests.properties.markets import budget

numba = pytest.importorskip("numba")

MODULES: tuple[ModuleType, ...] = (exact, side, grid, breakeven, hand_span)
FLOATS = st.floats(1e-12, 1e12) | st.integers(1, 10**15).map(lambda count: count / 10**8)


def compiled(modules: tuple[ModuleType, ...]) -> dict[str, Callable[..., Any]]:
    """Return every plain function of the modules, compiled as it stands; named tuples stay what they are.

    The code object is the module's own: only the namespace is new, where the functions it calls are compiled too.
    """
    found: dict[str, Callable[..., Any]] = {}
    for module in modules:
        namespace = dict(vars(module))
        namespace.update({name: found[name] for name in namespace if name in found})
        for name, function in inspect.getmembers(module, inspect.isfunction):
            if function.__module__ == module.__name__:
                plain = FunctionType(function.__code__, namespace, name, function.__defaults__)
                found[name] = namespace[name] = numba.njit(plain)
    return found


COMPILED = compiled(MODULES)


def same(first: Any, second: Any) -> bool:
    """Return whether two results are equal to the last bit; NaN equals NaN."""
    if isinstance(first, tuple):
        return len(first) == len(second) and all(map(same, first, second))
    return (first == second and math.copysign(1, first) == math.copysign(1, second)) or (
        math.isnan(first) and math.isnan(second)
    )


@st.composite
def numbers(draw: st.DrawFn) -> Exact:
    """Draw a number of about 32 digits, whole ones and their neighbors among them."""
    high = draw(FLOATS | st.integers(0, 10**6).map(float)) * draw(st.sampled_from((1, -1)))
    return exact.two_sum(high, high * draw(st.sampled_from((0.0, 2.0**-54, -(2.0**-60), 2.0**-90, -(2.0**-96)))))


@st.composite
def views(draw: st.DrawFn) -> View:
    """Draw what an engine sees, often at exactly so many spans, with an ATR or none."""
    way, entry = draw(st.sampled_from((1, -1))), draw(st.integers(10, 10**12))
    risk = draw(st.integers(1, 20) | st.integers(1, entry - 1))
    spans, beside = draw(st.integers(0, 8)), draw(st.sampled_from((-1, 0, 0, 1)))
    first = draw(st.just(math.nan) | FLOATS)
    part = draw(st.sampled_from((1.0, 0.5, 0.25, 0.07, 2.0)) | st.floats(0.01, 1.2))
    scale = Fraction(repr(part)) if part < 1 else Fraction(1)
    best = max(1, entry + way * int(risk * spans * scale) + beside)
    return View(
        side=way,
        entry=Exact(float(entry), draw(st.sampled_from((0.0, 2.0**-30)))),
        risk=Exact(float(risk), 0.0),
        best=Exact(float(best), 0.0),
        gain=Exact(float(max(0, way * (best - entry))), 0.0),
        age=draw(st.sampled_from((0.0, 3599.999, 3600.0, 3.6, 1e9)) | st.floats(0, 1e6)),
        atr=first * part,
        atr_at_entry=first,
    )


OPTIONS = st.builds(
    HandSpanOptions,
    fee_percent=st.sampled_from((0.0, 0.1, 9.99)),
    slippage_percent=st.sampled_from((0.0, 0.05)),
    min_scale=st.sampled_from((1.0, 0.5, 0.07, 0.001)),
    tighten_after_hours=st.sampled_from((math.inf, 0.0, 0.001, 1.0)),
    tighten_lag=st.sampled_from((1.0, 0.3, 0.0)),
)


def test_every_function_is_compiled() -> None:
    """The engine and all that it calls are among the compiled functions, none is left to the interpreter."""
    for name in ("as_written", "decimal", "floor", "divide", "to_ticks", "to_price", "span_scale", "hand_span"):
        assert isinstance(COMPILED[name], numba.core.registry.CPUDispatcher)


@given(numbers(), numbers().filter(lambda number: number.high != 0))
@example(Exact(3.0, 0.0), Exact(2.0**52 + 1, -0.25))
@example(Exact(0.0, 0.0), Exact(1.0, 0.0))
@budget()
def test_arithmetic_is_identical(first: Exact, second: Exact) -> None:
    """Every operation on two numbers gives the same bits on both machines."""
    for name in ("add", "subtract", "multiply", "divide", "at_least"):
        assert same(COMPILED[name](first, second), getattr(exact, name)(first, second))
    for name in ("negate", "floor", "ceiling"):
        assert same(COMPILED[name](second), getattr(exact, name)(second))
    for name in ("two_sum", "two_product"):
        assert same(COMPILED[name](first.high, second.high), getattr(exact, name)(first.high, second.high))


@given(FLOATS | st.floats(1e-25, 1e25))
@example(0.1)
@example(1e-22)
@example(2.0**53)
@example(1 / 3)
@example(9.3e18)
@budget()
def test_decimals_are_identical(number: float) -> None:
    """A float is the same decimal on both machines."""
    for name in ("as_written", "decimal"):
        assert same(COMPILED[name](number), getattr(exact, name)(number))


@given(st.sampled_from((1e-8, 5e-7, 0.05, 0.25, 0.1, 1.0)), st.integers(1, 10**13), st.sampled_from((0.0, 0.3)))
@budget()
def test_the_grid_is_identical(tick_size: float, count: int, aside: float) -> None:
    """Prices and ticks turn into each other alike, and round alike, on both machines."""
    lattice = grid.grid_of(tick_size)
    price = (count + aside) * tick_size
    assert same(COMPILED["grid_of"](tick_size), lattice)
    assert same(COMPILED["to_price"](float(count), lattice), grid.to_price(float(count), lattice))
    ticks = grid.to_ticks(price, lattice)
    assert same(COMPILED["to_ticks"](price, lattice), ticks)
    for way in (1, -1):
        rounded = COMPILED["round_towards_market"](way, ticks, lattice)
        assert same(rounded, grid.round_towards_market(way, ticks, lattice))


@given(views(), OPTIONS)
@budget(2)
def test_hand_span_is_identical(view: View, options: HandSpanOptions) -> None:
    """The engine offers the same levels on both machines, to the last bit."""
    assert same(COMPILED["hand_span"](view, options), hand_span.hand_span(view, options))
