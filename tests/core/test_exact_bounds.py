"""Double-double arithmetic at its bounds: ties, tolerances, the last place and the last bit."""

from fractions import Fraction

import pytest

from robustop_plugin.core import exact, whole_numbers
from robustop_plugin.core.exact import Exact, Written

ONE = Exact(1.0, 0.0)
TOLERANCE = 2.0**-98
"""Relative distance up to which a number counts as the adjacent whole number or bound."""


def whole(number: int) -> Exact:
    """Return a whole number of up to 106 bits."""
    high = float(number)
    low = float(number - int(high))
    assert int(high) + int(low) == number
    return Exact(high, low)


@pytest.mark.parametrize(
    ("number", "nearest"),
    [
        (Exact(2.5, 1e-17), Exact(3.0, 0.0)),  # the least that lies beyond a half is enough
        (Exact(3.5, -1e-17), Exact(3.0, 0.0)),
        (Exact(2.5, -1e-17), Exact(2.0, 0.0)),
        (Exact(3.5, 1e-17), Exact(4.0, 0.0)),
        (Exact(2.4, 0.0), Exact(2.0, 0.0)),
        (Exact(2.6, 0.0), Exact(3.0, 0.0)),
        (Exact(2.5, 0.0), Exact(2.0, 0.0)),
        (Exact(3.5, 0.0), Exact(4.0, 0.0)),
        (Exact(-2.5, 0.0), Exact(-2.0, 0.0)),
        (Exact(2.0**56, 2.75), Exact(2.0**56, 3.0)),  # floats of this size lie 16 apart
        (Exact(2.0**56, 2.5), Exact(2.0**56, 2.0)),
        (Exact(2.0**56, 3.5), Exact(2.0**56, 4.0)),
        (Exact(2.0**56, -2.5), Exact(2.0**56, -2.0)),
    ],
)
def test_halfway_between_two_whole_numbers_the_even_one_is_nearest(number: Exact, nearest: Exact) -> None:
    """The nearest whole number is the one that a printed decimal rounds to."""
    assert exact.nearest_whole(number) == nearest


@pytest.mark.parametrize(
    ("number", "written"),
    [
        (1e-22, Written(ONE, 22)),
        (1e-23, Written(ONE, 23)),
        (1e-43, Written(ONE, 43)),
        (1.5e-43, Written(Exact(15.0, 0.0), 44)),
        (1e-44, Written(ONE, 44)),
        (1e-45, Written(Exact(1e-45, 0.0), 0)),
        (1e17, Written(Exact(1e17, 0.0), 0)),
        (1.5e300, Written(Exact(1.5e300, 0.0), 0)),
    ],
)
def test_a_decimal_has_up_to_44_places(number: float, written: Written) -> None:
    """The last place counts; a number with more places, or more digits than a float, stands for itself."""
    assert exact.as_written(number) == written


@pytest.mark.parametrize("places", [0, 1, 22, 23, 44])
def test_powers_of_ten_have_no_error(places: int) -> None:
    """Each power of ten up to 44 places is exact."""
    power = exact.power_of_ten(places)
    assert Fraction(power.high) + Fraction(power.low) == 10**places


def test_what_cancels_leaves_the_last_bits() -> None:
    """Where the high parts cancel, the sum is that of the low parts, to the last bit."""
    total = exact.add(Exact(1.0, 1e-17), Exact(-1.0, 3e-34))
    assert Fraction(total.high) + Fraction(total.low) == Fraction(1e-17) + Fraction(3e-34)


@pytest.mark.parametrize(
    ("number", "times"), [(16354997815283975454959329346935, 5), (34241501438729550465367513531245, 3)]
)
def test_a_quotient_of_104_bits_has_no_error(number: int, times: int) -> None:
    """A whole number that uses all the bits of two floats is found again, to the last bit."""
    assert exact.divide(whole(times * number), whole(times)) == whole(number)


@pytest.mark.parametrize(
    ("number", "below"),
    [
        (Exact(3.0, -3 * TOLERANCE), 3.0),
        (Exact(3.0, -4 * TOLERANCE), 2.0),
        (Exact(3.0, 4 * TOLERANCE), 3.0),
        (Exact(1.0, -TOLERANCE), 1.0),
        (Exact(1.0, -1.5 * TOLERANCE), 0.0),
        (Exact(-TOLERANCE, 0.0), 0.0),  # beside zero the distance is the tolerance itself
        (Exact(-1.5 * TOLERANCE, 0.0), -1.0),
        (Exact(2.0**53, 0.0), 2.0**53),
        (Exact(2.0**53, -0.5), 2.0**53 - 1),  # halfway between two floats
    ],
)
def test_a_number_within_the_tolerance_of_a_whole_one_is_that(number: Exact, below: float) -> None:
    """Rounding down takes a number within the tolerance for the whole number above it; rounding up mirrors that."""
    assert whole_numbers.floor(number) == below
    assert whole_numbers.ceiling(exact.negate(number)) == -below


def test_at_least_has_the_same_tolerance() -> None:
    """A number below another by the tolerance counts as at least that number; below by more it does not."""
    assert exact.at_least(Exact(1.0, -TOLERANCE), ONE)
    assert not exact.at_least(Exact(1.0, -1.5 * TOLERANCE), ONE)
