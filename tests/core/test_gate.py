"""The gate against its two conditions, in exact rationals."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from robustop_plugin.core.gate import Gate, opens
from tests.support.markets import budget

LONG, SHORT = 1, -1
DEFAULT = Gate()


def test_defaults() -> None:
    """A move needs 60 seconds and 0.1 percent, or 1 percent."""
    assert Gate() == (60.0, 0.1, 1.0)


@pytest.mark.parametrize(
    ("side", "stop", "level", "seconds", "open_"),
    [
        (LONG, 100.0, 100.1, 60.0, True),  # exactly 0.1 %, exactly 60 s
        (LONG, 100.0, 100.1, 59.999, False),  # too soon
        (LONG, 100.0, 100.09, 60.0, False),  # too little
        (LONG, 100.0, 100.99, 0.0, False),  # much, but too soon
        (LONG, 100.0, 101.0, 0.0, True),  # exactly 1 %: an emergency does not wait
        (SHORT, 100.0, 99.9, 60.0, True),
        (SHORT, 100.0, 99.91, 60.0, False),
        (SHORT, 100.0, 99.0, 0.0, True),
        (SHORT, 100.0, 99.01, 59.0, False),
        (LONG, 0.3, 0.303, 0.0, True),  # 0.003 / 0.3 is one percent, also where floats say 0.99999
        (LONG, 0.7, 0.7007, 60.0, True),
        (SHORT, 1.1, 1.089, 0.0, True),
        (LONG, 2e-08, 3e-08, 0.0, True),
        (SHORT, 99999.0, 98999.01, 0.0, True),
        (LONG, 100.0, 99.0, 1e9, False),  # looser is no improvement
    ],
)
def test_thresholds_are_at_least(side: int, stop: float, level: float, seconds: float, *, open_: bool) -> None:
    """Both thresholds include their exact value, in percent of the published stop."""
    assert opens(DEFAULT, side, stop, level, seconds) is open_


@pytest.mark.parametrize(
    ("stop", "level", "percent"),
    [(5000.0, 5000.1, 0.002), (0.5, 0.50000001, 0.000002), (999999.0, 999999.999999, 0.0001)],
)
def test_a_small_improvement_is_measured_exactly(stop: float, level: float, percent: float) -> None:
    """If almost all digits of stop and level cancel, the bound is still met exactly."""
    assert opens(Gate(0.0, 1000.0, percent), LONG, stop, level, 0.0)
    assert not opens(Gate(0.0, 1000.0, percent + 1e-12), LONG, stop, level, 0.0)


@given(
    side=st.sampled_from((LONG, SHORT)),
    ticks=st.tuples(st.integers(1, 10**6), st.integers(1, 10**6)),
    digits=st.integers(0, 8),
    percents=st.tuples(*[st.integers(0, 500).map(lambda count: Fraction(count, 100))] * 2),
    seconds=st.integers(0, 120),
    exactly=st.booleans(),
)
@budget()
def test_gate_is_its_definition(
    side: int,
    ticks: tuple[int, int],
    digits: int,
    percents: tuple[Fraction, Fraction],
    seconds: int,
    *,
    exactly: bool,
) -> None:
    """L25: interval and improvement together, or the emergency alone, open the gate."""
    stop, level = (Fraction(count, 10**digits) for count in ticks)
    improvement, emergency = percents
    if exactly:
        stop = Fraction(10 ** (4 - min(digits, 4)) * ticks[0])
        level = stop * (1 + side * improvement / 100)
    gained = side * (level - stop) / stop * 100
    expected = gained >= emergency or (seconds >= DEFAULT.min_interval_s and gained >= improvement)
    gate = Gate(DEFAULT.min_interval_s, float(improvement), float(emergency))
    assert opens(gate, side, float(stop), float(level), float(seconds)) == expected
