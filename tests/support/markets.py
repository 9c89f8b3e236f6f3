"""Hypothesis generators of markets, in ticks and exact rationals."""

import os
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

LONG = bool(os.environ.get("ROBUSTOP_LONG"))
GIVEN = os.environ.get("ROBUSTOP_EXAMPLES")
EXAMPLES = int(GIVEN or "300")
"""Examples of a property that gets its whole share, in a long run; an environment variable gives another number."""
ENOUGH = 100
"""Examples of a property at most, in a run that is not long: what is promised of each numbered law."""

POWERS = tuple(Fraction(1, 10**digits) for digits in range(9))
TICK_SIZES = (*POWERS, Fraction("0.05"), Fraction("0.25"), Fraction("0.5"), Fraction("5e-7"))
LARGEST_PRICE = 10**6
LONGEST_EXACT = 10**12
"""Largest entry in ticks that has digits to spare, so that a price between two ticks is still a short decimal."""


@cache
def one_of(row: str) -> st.SearchStrategy[Fraction]:
    """Draw a number from a list of decimals or fractions."""
    return st.sampled_from(tuple(map(Fraction, row.split())))


def examples(share: float = 1.0, enough: int = ENOUGH) -> int:
    """Return the number of examples of a property that gets a share of them, or what is enough."""
    wanted = max(1, int(EXAMPLES * share))
    return wanted if LONG or GIVEN else min(wanted, enough)


def budget(share: float = 1.0) -> settings:
    """Return Hypothesis settings for a property that gets `share` of the examples."""
    return settings(
        max_examples=examples(share),
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],  # the machine may be busy with something else
    )


def written(number: Fraction) -> float:
    """Return a rational as a case writes it: an integer, or the nearest float."""
    return int(number) if number.denominator == 1 else float(number)


@dataclass
class Market:
    """The market of a case; prices are counted in ticks."""

    side: int
    tick_size: Fraction
    entry: Fraction
    risk: Fraction

    @property
    def first_stop(self) -> Fraction:
        """The initial stop, in ticks."""
        return self.entry - self.side * self.risk

    def price(self, ticks: Fraction) -> float:
        """Convert ticks to a price."""
        return written(ticks * self.tick_size)


@st.composite
def markets(draw: st.DrawFn, *, aside: str = "0") -> Market:
    """Draw side, grid, entry and span: huge, tiny, and with many divisors.

    The entry lies `aside` of the grid: a fraction of a tick drawn from this list.
    """
    side, tick_size = draw(st.sampled_from((1, -1))), draw(st.sampled_from(TICK_SIZES))
    largest = int(LARGEST_PRICE / tick_size)
    magnitude = 10 ** draw(st.integers(1, len(str(largest)) - 1))
    handy = st.sampled_from((1, 2, 4, 5, 8)).map(lambda digit: min(digit * magnitude, largest))
    entry = draw(st.integers(3, min(largest, magnitude)) | handy)
    widest = entry - 2 if side > 0 else 3 * entry
    risk = draw(
        st.one_of(
            st.sampled_from((1, 2, 4, 5, 20, 40)),
            st.integers(1, 300).map(lambda share: entry * share // 1000),
            st.sampled_from((100, 100, 840)).map(lambda handy: handy * (1 + entry // 10**4)),
            st.just(entry // 2),
            st.integers(1, widest),
        )
    )
    market = Market(side, tick_size, Fraction(entry), Fraction(min(max(1, risk), widest)))
    off = draw(one_of(aside))
    if off and entry < LONGEST_EXACT:
        stop, between = market.first_stop, (entry + off) * tick_size
        market.entry = Fraction(repr(float(between))) / tick_size
        market.risk = side * (market.entry - stop)
    elif draw(st.booleans()):
        market.entry += market.risk if side > 0 else -min(market.risk, market.entry - 3)  # a round stop
    return market
