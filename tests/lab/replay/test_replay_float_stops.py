"""An initial stop in percent is found in floats only where these leave no doubt."""

import math
from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from robustop_plugin.core.exact import decimal
from robustop_plugin.core.grid import grid_of
from robustop_plugin.core.side import LONG, SHORT
from robustop_plugin.lab.replay.kernel.initial_stop import Bounds, percent_ticks
from robustop_plugin.lab.replay.kernel.setting_tables import part_of
from tests.support.markets import budget

BOUNDS = Bounds(decimal(0.001), decimal(0.5), decimal(0.02))


@given(
    side=st.sampled_from((LONG, SHORT)),
    tick=st.sampled_from((1e-8, 1e-5, 0.01, 0.25, 1.0)),
    entry=st.integers(1, 10**7) | st.integers(1, 10**15),
    hundredths=st.integers(1, 6000),
)
@example(LONG, 0.01, 10**6, 200)
@example(SHORT, 1e-8, 10**15, 1)
@budget()
def test_a_stop_in_floats_is_the_stop_in_fractions(side: int, tick: float, entry: int, hundredths: int) -> None:
    """A number of ticks is that of exact fractions, rounded towards the market; otherwise there is none."""
    step, percent = Fraction(str(tick)), Fraction(hundredths, 100)
    price = float(entry * step)
    found = percent_ticks(side, price, grid_of(tick), part_of(float(percent)).high, BOUNDS)
    wanted = Fraction(repr(price)) / step * (1 - side * percent / 100)
    assert math.isnan(found) or found == (math.ceil(wanted) if side > 0 else math.floor(wanted))


@pytest.mark.parametrize(("side", "ticks"), [(LONG, 9807.0), (SHORT, 10267.0)])
def test_between_two_ticks_there_is_no_doubt(side: int, ticks: float) -> None:
    """2.3 percent from 100.37 are 98.06149 and 102.67851."""
    assert percent_ticks(side, 100.37, grid_of(0.01), 0.023, BOUNDS) == ticks


@pytest.mark.parametrize("side", [LONG, SHORT])
def test_at_a_tick_floats_leave_a_doubt(side: int) -> None:
    """2 percent from 100 is a price of the grid: the least error would move it by a tick."""
    assert math.isnan(percent_ticks(side, 100.0, grid_of(0.01), 0.02, BOUNDS))


@pytest.mark.parametrize("part", [0.0005, 0.001, 0.5, 0.6])
def test_a_distance_at_or_beyond_a_bound_is_left_to_exact_numbers(part: float) -> None:
    """The bounds themselves may be the stop."""
    assert math.isnan(percent_ticks(LONG, 100.37, grid_of(0.01), part, BOUNDS))
