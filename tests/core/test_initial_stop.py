"""The initial stop: every clamp by hand, and its laws against exact rationals."""

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from robustop_plugin.core.errors import InvalidPosition
from robustop_plugin.core.exact import Exact, decimal
from robustop_plugin.core.initial_stop import InitialStop, StopBounds, atr_away, initial_stop, percent_away
from tests.oracle import exact, on_grid
from tests.support.markets import TICK_SIZES, budget

LONG, SHORT = 1, -1
BOUNDS = StopBounds(min_percent=0.2, max_percent=15.0, fallback_percent=2.0)


@pytest.mark.parametrize(
    ("side", "technical", "price", "clamps"),
    [
        (LONG, 95.0, 95.0, ()),
        (SHORT, 105.0, 105.0, ()),
        (LONG, 94.991, 95.0, ()),  # rounded towards the market
        (SHORT, 105.009, 105.0, ()),
        (LONG, None, 98.0, ("fallback",)),
        (SHORT, None, 102.0, ("fallback",)),
        (LONG, math.nan, 98.0, ("fallback",)),
        (LONG, math.inf, 98.0, ("fallback",)),
        (LONG, 101.0, 98.0, ("fallback",)),  # on the wrong side
        (LONG, 100.0, 98.0, ("fallback",)),  # at the entry
        (SHORT, 99.0, 102.0, ("fallback",)),
        (LONG, 99.9, 99.8, ("min_percent",)),
        (LONG, 99.8, 99.8, ()),  # exactly at the bound
        (SHORT, 100.1, 100.2, ("min_percent",)),
        (LONG, 80.0, 85.0, ("max_percent",)),
        (LONG, 85.0, 85.0, ()),
        (SHORT, 130.0, 115.0, ("max_percent",)),
        (LONG, -5.0, 85.0, ("max_percent",)),  # two wide ATRs below a low price: far, not on the wrong side
        (LONG, 0.0, 85.0, ("max_percent",)),
    ],
)
def test_percent_bounds(side: int, technical: float | None, price: float, clamps: tuple[str, ...]) -> None:
    """The technical stop is kept between the least and the largest percent, or the fallback is used."""
    wanted = None if technical is None else Exact(technical, 0.0)
    if technical is not None and math.isfinite(technical) and technical > 0:
        wanted = decimal(technical)
    assert initial_stop(side, 100.0, 0.01, wanted, BOUNDS) == InitialStop(price, clamps)


@pytest.mark.parametrize(
    ("side", "technical", "hard_stop", "price", "clamps"),
    [
        (LONG, 95.0, 97.0, 97.0, ("hard_stop",)),
        (LONG, 95.0, 96.995, 97.0, ("hard_stop",)),  # rounded towards the market
        (LONG, 95.0, 90.0, 95.0, ()),
        (LONG, 95.0, 95.0, 95.0, ()),
        (LONG, 80.0, 90.0, 90.0, ("max_percent", "hard_stop")),
        (LONG, None, 99.0, 99.0, ("fallback", "hard_stop")),
        (SHORT, 105.0, 103.0, 103.0, ("hard_stop",)),
        (SHORT, 105.0, 110.0, 105.0, ()),
        (LONG, 95.0, 0.0, 95.0, ()),  # Freqtrade's way to say that there is none yet
        (LONG, 95.0, math.nan, 95.0, ()),
    ],
)
def test_hard_stop(side: int, technical: float | None, hard_stop: float, price: float, clamps: tuple[str, ...]) -> None:
    """A tighter hard stop wins, and is named after the clamps before it."""
    wanted = None if technical is None else decimal(technical)
    assert initial_stop(side, 100.0, 0.01, wanted, BOUNDS, hard_stop) == InitialStop(price, clamps)


@pytest.mark.parametrize(
    ("side", "technical", "liquidation", "price", "clamps"),
    [
        (LONG, 90.0, 92.0, 92.01, ("liquidation",)),
        (LONG, 90.0, 90.0, 90.01, ("liquidation",)),
        (LONG, 90.0, 89.99, 90.0, ()),
        (SHORT, 110.0, 107.0, 106.99, ("liquidation",)),
        (SHORT, 110.0, 111.0, 110.0, ()),
        (LONG, 90.0, 0.0, 90.0, ()),
        (LONG, 80.0, 86.0, 86.01, ("max_percent", "liquidation")),
    ],
)
def test_liquidation(side: int, technical: float, liquidation: float, price: float, clamps: tuple[str, ...]) -> None:
    """The stop stays one tick inside the price at which the exchange would close the position."""
    found = initial_stop(side, 100.0, 0.01, decimal(technical), BOUNDS, None, liquidation)
    assert found == InitialStop(price, clamps)


@pytest.mark.parametrize(
    ("side", "entry", "technical", "price"),
    [
        (LONG, 100.0, 95.0, 90.0),
        (LONG, 104.0, 101.0, 100.0),
        (SHORT, 100.0, 105.0, 110.0),
        (SHORT, 96.0, 99.0, 100.0),
    ],
)
def test_coarse_grid(side: int, entry: float, technical: float, price: float) -> None:
    """If rounding reaches the entry, the stop is the last price on the grid on the losing side."""
    assert initial_stop(side, entry, 10.0, decimal(technical), BOUNDS) == InitialStop(price, ("tick_size",))


def test_no_price_of_the_grid_is_left() -> None:
    """A long at the first tick has no room for a stop, and the error says why."""
    with pytest.raises(InvalidPosition, match=r"^initial_stop was 0\.0: .* entry at 1\.0 and ticks of 1\.0"):
        initial_stop(LONG, 1.0, 1.0, None, BOUNDS)


def test_percent_and_atr_kinds() -> None:
    """A percent of the entry and a multiple of the ATR lie that far on the losing side."""
    for wanted, price in (
        (percent_away(LONG, 0.3, 10.0), "0.27"),
        (percent_away(SHORT, 0.3, 10.0), "0.33"),
        (atr_away(LONG, 0.3, 2.0, 0.01), "0.28"),
        (atr_away(SHORT, 0.3, 2.5, 0.01), "0.325"),
    ):
        assert abs(Fraction(wanted.high) + Fraction(wanted.low) - Fraction(price)) < Fraction(1, 10**28)


@st.composite
def asks(draw: st.DrawFn) -> tuple[int, Fraction, Fraction, Fraction, Fraction | None, Fraction | None]:
    """Draw side, tick size, entry, technical stop, hard stop and liquidation price around an entry."""
    side, tick_size = draw(st.sampled_from((LONG, SHORT))), draw(st.sampled_from(TICK_SIZES))
    entry = draw(st.integers(3, 2000) | st.integers(3, 10**8))
    around = st.integers(1, 40).map(lambda share: entry - side * Fraction(entry * share, 200))
    technical = draw(around | st.integers(1, 2 * entry).map(Fraction))
    others = [draw(st.none() | around) for _ in range(2)]
    rounded = [value if value is None else exact(float(value * tick_size)) for value in (technical, *others)]
    return side, tick_size, entry * tick_size, rounded[0], rounded[1], rounded[2]


@given(asks())
@budget()
def test_the_result_keeps_its_promises(
    ask: tuple[int, Fraction, Fraction, Fraction, Fraction | None, Fraction | None],
) -> None:
    """L33: on the grid, on the losing side, never looser than the hard stop, inside the liquidation price."""
    side, tick_size, entry, technical, hard, liquidation = ask
    try:
        found = initial_stop(
            side,
            float(entry),
            float(tick_size),
            decimal(float(technical)),
            BOUNDS,
            None if hard is None else float(hard),
            None if liquidation is None else float(liquidation),
        )
    except InvalidPosition:
        assert side == LONG
        assert entry <= tick_size
        return
    stop, last = exact(found.price), entry - side * tick_size  # the entry lies on the grid here
    assert stop % tick_size == 0
    assert side * (entry - stop) > 0
    for bound in filter(None, (hard, liquidation)):
        assert side * (stop - bound) >= 0 or side * (bound - last) > 0
    if liquidation is not None and side * (last - liquidation) > 0:
        assert stop != liquidation


@given(asks())
@budget()
def test_without_liquidation_the_result_is_its_definition(
    ask: tuple[int, Fraction, Fraction, Fraction, Fraction | None, Fraction | None],
) -> None:
    """L34: fall back, clamp to the percents, round towards the market, take the hard stop if tighter."""
    side, tick_size, entry, technical, hard, _ = ask
    near, far, fallback = (entry * (1 - side * exact(percent) / 100) for percent in BOUNDS)
    wanted = technical if side * (entry - technical) > 0 else fallback
    wanted = min(max(wanted, min(near, far)), max(near, far))
    expected = on_grid(side, wanted, tick_size)
    if hard is not None and side * (hard - expected) > 0:
        expected = on_grid(side, hard, tick_size)
    if side * (entry - expected) <= 0:
        expected = entry - side * tick_size
    found = initial_stop(
        side,
        float(entry),
        float(tick_size),
        decimal(float(technical)),
        BOUNDS,
        None if hard is None else float(hard),
    )
    assert found.price == float(expected)


NO_STOPS = (None, *(Exact(number, 0.0) for number in (math.nan, math.inf, -math.inf)))


@given(
    ask=asks(),
    percents=st.lists(st.integers(1, 400), min_size=3, max_size=3).map(sorted),
    nothing=st.sampled_from(NO_STOPS) | st.integers(0, 50),
)
@budget()
def test_what_is_no_stop_falls_back(
    ask: tuple[int, Fraction, Fraction, Fraction, Fraction | None, Fraction | None],
    percents: list[int],
    nothing: Exact | int | None,
) -> None:
    """L35: no data, a non-finite number, or a price not on the losing side gives the fallback, and names it."""
    side, tick_size, entry, *_ = ask
    near, fallback, far = (Fraction(tenths, 10) for tenths in percents)
    wanted = nothing
    if isinstance(nothing, int):  # at the entry or ahead of it
        wanted = decimal(float(entry * (1 + side * Fraction(nothing, 100))))
    expected = on_grid(side, entry * (1 - side * fallback / 100), tick_size)
    clamps = ("fallback",)
    if side * (entry - expected) <= 0:
        expected, clamps = entry - side * tick_size, ("fallback", "tick_size")
    bounds = StopBounds(float(near), float(far), float(fallback))
    found = initial_stop(side, float(entry), float(tick_size), wanted, bounds)
    assert found == InitialStop(float(expected), clamps)
