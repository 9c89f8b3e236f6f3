"""Prices and ticks against `fractions.Fraction`."""

import math
from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from robustop_plugin.core.exact import Exact
from robustop_plugin.core.grid import Grid, grid_of, round_towards_market, to_price, to_ticks, whole_ticks
from tests.support.markets import TICK_SIZES, budget

tick_sizes = st.sampled_from(TICK_SIZES)
counts = st.integers(0, 10**14) | st.integers(0, 1000)


@pytest.mark.parametrize(
    ("tick_size", "grid"),
    [
        (1, Grid(1.0, 1.0)),
        (0.01, Grid(1.0, 100.0)),
        (1e-08, Grid(1.0, 1e8)),
        (5e-07, Grid(5.0, 1e7)),
        (0.25, Grid(25.0, 100.0)),
        (0.05, Grid(5.0, 100.0)),
        (2.5, Grid(25.0, 10.0)),
        (100, Grid(100.0, 1.0)),
        (1e-22, Grid(1.0, 1e22)),
        (1e-23, Grid(1e-23, 1.0)),  # no float holds its scale: it stands for itself
    ],
)
def test_a_tick_size_is_a_ratio_of_whole_numbers(tick_size: float, grid: Grid) -> None:
    """A tick size is held as the decimal it was written as."""
    assert grid_of(tick_size) == grid


@given(st.floats(1e-9, 100))
@example(1.6666666666666667)
@budget()
def test_any_float_is_a_tick_size(tick_size: float) -> None:
    """A tick size with very many digits stands for itself."""
    grid = grid_of(tick_size)
    assert grid.step / grid.scale == tick_size
    assert to_price(1.0, grid) == tick_size


@given(tick_sizes, counts)
@budget()
def test_a_price_of_the_grid_is_a_whole_number_of_ticks(tick_size: Fraction, count: int) -> None:
    """L31: from ticks to the nearest float and back, nothing is lost."""
    grid = grid_of(float(tick_size))
    price = float(count * tick_size)
    assert to_price(float(count), grid) == price
    assert to_ticks(price, grid) == Exact(float(count), 0.0)


def test_the_float_is_the_nearest_from_2_to_the_53rd_on() -> None:
    """2**53 + 1 is not a float: a hundredth of it is still the nearest float."""
    ticks = (2**53 + 1) // 3
    assert to_price(float(ticks), Grid(3.0, 100.0)) == float(Fraction(3 * ticks, 100)) != 2.0**53 / 100


def test_only_a_price_of_the_grid_is_whole_ticks() -> None:
    """Three quarters are three ticks of a quarter; a price between ticks is not a whole number of ticks."""
    grid = grid_of(0.25)
    assert whole_ticks(0.75, grid) == 3.0
    assert math.isnan(whole_ticks(0.8, grid))


@given(tick_sizes, st.integers(10**15, 10**17))
@budget()
def test_a_price_with_more_digits_than_a_float_is_the_nearest_float(tick_size: Fraction, count: int) -> None:
    """Beyond 2**53 ticks the price is still the float nearest to the exact price."""
    assert to_price(float(count), grid_of(float(tick_size))) == float(int(float(count)) * tick_size)


@given(st.sampled_from((1, -1)), tick_sizes, st.integers(1, 10**9), st.sampled_from((0, 1, 5, 25, 99)))
@budget()
def test_a_price_off_the_grid_rounds_towards_the_market(side: int, tick_size: Fraction, count: int, aside: int) -> None:
    """L32: rounding goes up for longs and down for shorts, and keeps prices on the grid."""
    price = (count + Fraction(aside, 100)) * tick_size
    grid = grid_of(float(tick_size))
    ticks = to_ticks(float(price), grid)
    whole = math.ceil(price / tick_size) if side > 0 else math.floor(price / tick_size)
    assert abs(Fraction(ticks.high) + Fraction(ticks.low) - price / tick_size) < Fraction(1, 10**15)
    assert round_towards_market(side, ticks, grid) == float(whole * tick_size)
