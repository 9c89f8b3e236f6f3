"""Double-double arithmetic against `fractions.Fraction`."""

import math
from fractions import Fraction

from hypothesis import example, given
from hypothesis import strategies as st

from robustop_plugin.core import exact, whole_numbers
from robustop_plugin.core.exact import Exact
from tests.support.markets import budget

NEARLY = Fraction(1, 2**98)
"""Largest relative error of a single operation."""

floats = st.floats(1e-60, 1e60) | st.floats(-1e60, -1e-60) | st.integers(-(2**53), 2**53).map(float)
wholes = st.integers(-(2**47), 2**47) | st.integers(-1000, 1000)


@st.composite
def decimals(draw: st.DrawFn) -> Fraction:
    """Draw a decimal of up to 15 digits."""
    return Fraction(draw(st.integers(-(10**15) + 1, 10**15 - 1)), 10 ** draw(st.integers(0, 20)))


@st.composite
def numbers(draw: st.DrawFn) -> Exact:
    """Draw a number of about 32 digits."""
    high = draw(floats)
    return exact.two_sum(high, high * draw(st.floats(-(2**-54), 2**-54)))


def value(number: Exact) -> Fraction:
    """Return a number as a rational."""
    return Fraction(number.high) + Fraction(number.low)


def near(number: Exact, true: Fraction) -> bool:
    """Return True if a number equals `true` up to the rounding of one operation."""
    return abs(value(number) - true) <= NEARLY * abs(true)


@given(floats, floats)
@budget()
def test_sums_of_floats_have_no_error(first: float, second: float) -> None:
    """A sum of two floats is held without any error."""
    assert value(exact.two_sum(first, second)) == Fraction(first) + Fraction(second)


@given(floats, floats)
@budget()
def test_products_of_floats_have_no_error(first: float, second: float) -> None:
    """A product of two floats is held without any error."""
    assert value(exact.two_product(first, second)) == Fraction(first) * Fraction(second)


@given(numbers(), numbers())
@budget()
def test_products_and_quotients_have_32_digits(first: Exact, second: Exact) -> None:
    """Multiplying and dividing loses nothing in the first 29 digits."""
    assert near(exact.multiply(first, second), value(first) * value(second))
    if value(second):
        assert near(exact.divide(first, second), value(first) / value(second))


@given(numbers(), numbers())
@budget()
def test_sums_and_differences_have_32_digits(first: Exact, second: Exact) -> None:
    """Adding and subtracting errs by a part of the result, even where almost everything cancels."""
    assert near(exact.add(first, second), value(first) + value(second))
    assert near(exact.subtract(first, second), value(first) - value(second))


@given(decimals())
@example(Fraction("0.3"))
@example(Fraction("1e-20"))
@example(Fraction("999999999999999"))
@budget()
def test_a_float_becomes_the_decimal_it_was_written_as(decimal: Fraction) -> None:
    """A decimal of up to 15 digits comes back out of its float."""
    assert near(exact.decimal(float(decimal)), decimal)


@given(st.floats(1e-12, 1e12))
@example(1 / 3)
@example(10 / 11)
@example(1.6666666666666667e-06)
@example(1.909090909090909e-08)
@example(0.1 + 0.2)
@example(9007199254741.812)  # in binary it ends in .8125: a tie
@example(549755813888.0312)
@budget()
def test_a_computed_float_is_the_decimal_it_prints(number: float) -> None:
    """L29: a float of 16 or 17 digits, such as a mean or an ATR, is read as the decimal that prints for it."""
    assert near(exact.decimal(number), Fraction(repr(number)))
    assert near(exact.decimal(-number), -Fraction(repr(number)))


@given(wholes, st.integers(1, 2**47))
@example(3, 1)
@example(-3, 2)
@example(0, 7)
@budget()
def test_floor_and_ceiling_of_a_quotient(numerator: int, denominator: int) -> None:
    """L30: whole numbers divided round down and up exactly, on both sides of zero."""
    quotient = exact.divide(Exact(float(numerator), 0.0), Exact(float(denominator), 0.0))
    assert whole_numbers.floor(quotient) == numerator // denominator
    assert whole_numbers.ceiling(quotient) == -(-numerator // denominator)
    assert (
        whole_numbers.whole_times(Exact(float(numerator), 0.0), Exact(float(denominator), 0.0))
        == numerator // denominator
    )


@given(st.integers(1, 2**26), st.integers(1, 2**26), st.integers(-1, 1))
@example(2**26, 2**26, -1)
@example(94_906_265, 94_906_267, -1)
@budget()
def test_a_quotient_beside_a_whole_number_is_not_lifted_to_it(times: int, divisor: int, beside: int) -> None:
    """Where the quotient of two floats would round to the next whole number, the times are those of the rationals."""
    dividend = times * divisor + beside
    assert whole_numbers.whole_times(Exact(float(dividend), 0.0), Exact(float(divisor), 0.0)) == dividend // divisor


@given(numbers(), numbers().map(lambda number: number if number.high > 0 else exact.negate(number)))
@budget()
def test_times_are_the_quotient_rounded_down(first: Exact, second: Exact) -> None:
    """Whole or not, how often a number goes into another is the floor of their quotient."""
    if second.high and abs(first.high / second.high) < 2**53:
        assert whole_numbers.whole_times(first, second) == whole_numbers.floor(exact.divide(first, second))


@given(decimals(), st.integers(-9, 9).filter(bool), st.integers(0, 10**6))
@budget()
def test_floor_takes_a_whole_number_for_whole_whatever_made_it(span: Fraction, sign: int, count: int) -> None:
    """A whole multiple of a decimal span, divided by that span, is exactly the multiple."""
    if span:
        times = exact.multiply(exact.decimal(float(span)), Exact(float(sign * count), 0.0))
        assert whole_numbers.floor(exact.divide(times, exact.decimal(float(span)))) == sign * count
        assert whole_numbers.ceiling(exact.divide(times, exact.decimal(float(span)))) == sign * count


@given(numbers())
@example(Exact(2.0**52 + 1, -0.25))
@example(Exact(-(2.0**52) - 1, 0.25))
@budget()
def test_floor_of_anything_is_below_it(number: Exact) -> None:
    """A number far from whole numbers rounds as a rational does."""
    true = value(number)
    if abs(true) < 2**53 and min(true % 1, -true % 1) > Fraction(1, 2**40):
        assert whole_numbers.floor(number) == math.floor(true)
        assert whole_numbers.ceiling(number) == math.ceil(true)


@given(decimals(), decimals(), st.integers(1, 10**6))
@budget()
def test_at_least_compares_decimals(first: Fraction, second: Fraction, count: int) -> None:
    """Decimals compare as written, also when a quotient is multiplied back."""
    one, other = exact.decimal(float(first)), exact.decimal(float(second))
    factor = Exact(float(count), 0.0)
    assert exact.at_least(one, other) == (first >= second)
    again = exact.multiply(exact.divide(one, factor), factor)
    assert exact.at_least(again, one)
    assert exact.at_least(one, again)
