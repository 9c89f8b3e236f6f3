"""One definition, two machines: engines and sales compile unchanged, with identical results."""

import math
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from robustop_plugin import protections
from robustop_plugin.core import durations, exact, grid, side, whole_numbers
from robustop_plugin.core.exact import Exact
from robustop_plugin.engines import atr_guard, bracket, breakeven, hand_span, r_ladder, smart_trail
from tests.support.machines import FLOATS, MODULES, compiled, same
from tests.support.markets import budget
from tests.support.views import KEPT, OPTIONS, PROGRESS, SCHEDULES, View, views

numba = pytest.importorskip("numba")

COMPILED = compiled(MODULES)
ENGINES = {
    "hand_span": (hand_span.hand_span, hand_span.next_change),
    "smart_trail": (smart_trail.remember, smart_trail.smart_trail, smart_trail.next_change),
    "atr_guard": (atr_guard.remember, atr_guard.atr_guard, atr_guard.atr_change),
    "r_ladder": (r_ladder.r_ladder, r_ladder.next_change),
    "bracket": (bracket.bracket, bracket.target, bracket.next_change),
}
"""Everything an engine answers."""


def identical(function: Any, *arguments: Any, **settings: Any) -> bool:
    """Return True if a function gives the same bits on both machines."""
    return same(COMPILED[function](*arguments, **settings), function(*arguments, **settings))


@st.composite
def numbers(draw: st.DrawFn) -> Exact:
    """Draw a number of about 32 digits, including whole numbers and their neighbors."""
    high = draw(FLOATS | st.integers(0, 10**6).map(float)) * draw(st.sampled_from((1, -1)))
    return exact.two_sum(high, high * draw(st.sampled_from((0.0, 2.0**-54, -(2.0**-60), 2.0**-90, -(2.0**-96)))))


def test_every_function_is_compiled() -> None:
    """The engines, the sales and everything they call are compiled; nothing is left to the interpreter."""
    expected = {
        exact.decimal,
        grid.to_ticks,
        side.better,
        durations.at_least_as_old,
        breakeven.next_clearing,
        protections.sold,
    }
    assert expected | {function for functions in ENGINES.values() for function in functions} <= COMPILED.keys()
    assert all(isinstance(function, numba.core.registry.CPUDispatcher) for function in COMPILED.values())


@given(numbers(), numbers().filter(lambda number: number.high != 0))
@example(Exact(3.0, 0.0), Exact(2.0**52 + 1, -0.25))
@example(Exact(0.0, 0.0), Exact(1.0, 0.0))
@budget()
def test_arithmetic_is_identical(first: Exact, second: Exact) -> None:
    """Every operation on two numbers gives the same bits on both machines."""
    if second.high > 0 and abs(first.high) < 2**53 * second.high:
        assert identical(whole_numbers.whole_times, first, second)
    for function in (exact.add, exact.subtract, exact.multiply, exact.divide, exact.at_least):
        assert identical(function, first, second)
    for function in (exact.negate, whole_numbers.floor, whole_numbers.ceiling):
        assert identical(function, second)
    for function in (exact.two_sum, exact.two_product):
        assert identical(function, first.high, second.high)


@given(FLOATS | st.floats(1e-25, 1e25))
@example(0.1)
@example(1e-22)
@example(2.0**53)
@example(1 / 3)
@example(9.3e18)
@budget()
def test_decimals_are_identical(number: float) -> None:
    """A float is the same decimal on both machines."""
    assert identical(exact.as_written, number)
    assert identical(exact.decimal, number)


@given(FLOATS, FLOATS, st.sampled_from((math.inf, 0.0, 0.001, 1.0, 72.3)))
@budget(0.3)
def test_times_are_identical(first: float, second: float, count: float) -> None:
    """Differences of decimals and comparisons of durations are the same on both machines."""
    assert identical(exact.difference, first, second)
    for unit in (durations.MINUTE, durations.HOUR):
        assert identical(durations.at_least_as_old, count * unit.high, count, unit)
        assert identical(durations.at_least_as_old, first, count, unit)


@given(st.sampled_from((1e-8, 5e-7, 0.05, 0.25, 0.1, 1.0)), st.integers(1, 10**13), st.sampled_from((0.0, 0.3)))
@budget()
def test_the_grid_is_identical(tick_size: float, count: int, aside: float) -> None:
    """Prices and ticks convert and round the same on both machines."""
    lattice = grid.grid_of(tick_size)
    price = (count + aside) * tick_size
    assert identical(grid.grid_of, tick_size)
    assert identical(grid.to_price, float(count), lattice)
    assert identical(grid.to_ticks, price, lattice)
    assert identical(grid.ticks_between, price, tick_size, lattice)
    for way in (1, -1):
        assert identical(grid.round_towards_market, way, grid.to_ticks(price, lattice), lattice)


@pytest.mark.parametrize("name", ENGINES)
@given(data=st.data(), view=views())
@budget()
def test_engines_are_identical(name: str, data: st.DataObject, view: View) -> None:
    """L23: levels, memory, target and next change of an engine are the same on both machines, to the last bit."""
    options = data.draw(OPTIONS[name])
    kept = (data.draw(KEPT[name]),) if name in KEPT else ()
    for function in ENGINES[name]:
        assert identical(function, view, *kept, options)


@given(views(), SCHEDULES, PROGRESS, st.booleans(), st.sampled_from((0.0, 0.1, 0.5)))
@budget()
def test_sales_are_identical(
    view: View, schedule: protections.Schedule, progress: Any, at_virtual: bool, portion: float
) -> None:
    """What is due, reached and sold is the same on both machines, to the last bit."""
    assert identical(protections.rungs_reached, view.profit, view.risk, schedule)
    assert identical(protections.sold, progress, schedule, portion)
    assert identical(
        protections.sale_due, view.profit, view.risk, progress, at_virtual, schedule=schedule, portion=portion
    )
