"""`R` after later entries: from the new open rate to the same initial stop, or unchanged."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from robustop_plugin.bridge.facts.position import with_new_entry
from robustop_plugin.core.errors import InvalidPosition
from robustop_plugin.core.facts import Position
from tests.support.markets import budget

CENT = Fraction(1, 100)


@given(
    side=st.sampled_from((1, -1)),
    entries=st.lists(st.integers(9000, 11000), min_size=2, max_size=5),
    distance=st.integers(1, 900),
    least=st.sampled_from(("0.2", "1", "0.01", "0.3333")),
)
@budget()
def test_the_span_is_that_of_the_open_rate_unless_that_is_next_to_nothing(
    side: int, entries: list[int], distance: int, least: str
) -> None:
    """For any open rate, in exact rationals; the initial stop never moves."""
    first, *later = entries
    stop = first - side * distance
    position = Position(side, first / 100, stop / 100, 0.01, 0.0)
    risk = Fraction(distance)
    for entry in later:
        position = with_new_entry(position, entry / 100, float(least))
        new = Fraction(side * (entry - stop))
        # An unchanged open rate changes nothing.
        if entry != first and new > 0 and new >= entry * Fraction(least) / 100:
            risk = new
        first = entry
        known = position.geometry.risk
        assert Fraction(known.high) + Fraction(known.low) == risk
        assert (position.initial_stop, position.entry) == (stop / 100, entry / 100)


@pytest.mark.parametrize(("side", "entry"), [(1, 97.0), (1, 96.0), (-1, 103.0), (-1, 104.0)])
def test_an_entry_beyond_the_initial_stop_keeps_the_span(side: int, entry: float) -> None:
    """Measured from 100, the span of 3 stays, and the position is valid."""
    position = with_new_entry(Position(side, 100.0, 100.0 - side * 3, 0.01, 0.0), entry, 0.2)
    assert (position.risk_entry, position.geometry.risk.high) == (100.0, 300.0)


@pytest.mark.parametrize("risk_entry", [97.0, 96.0, 0.0, float("nan")])
def test_a_span_is_measured_from_a_price_on_the_right_side(risk_entry: float) -> None:
    """Any other value is invalid."""
    with pytest.raises(InvalidPosition):
        Position(1, 99.0, 97.0, 0.01, 0.0, risk_entry=risk_entry)
