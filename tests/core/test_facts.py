"""Facts reject invalid values at once, are frozen, and reach engines in ticks."""

import dataclasses
import math
from fractions import Fraction

import pytest
from hypothesis import given

from robustop_plugin.core.engine import view_of
from robustop_plugin.core.errors import InvalidPosition, InvalidTick, RobustopError
from robustop_plugin.core.exact import Exact
from robustop_plugin.core.facts import Position, Tick, is_price
from tests.oracle import on_grid
from tests.support.markets import Market, budget, markets

NO_PRICES = (math.nan, math.inf, -math.inf, 0.0, -0.0, -1.0)
GOOD = {"side": 1, "entry": 100.0, "initial_stop": 95.0, "tick_size": 0.01, "opened_at": 0.0}


@pytest.mark.parametrize("value", [*NO_PRICES, None])
def test_no_price(value: float | None) -> None:
    """A value that is not finite and positive is not a price."""
    assert not is_price(value)


@pytest.mark.parametrize("value", [5e-324, 1e-8, 1.0, 1e300])
def test_a_price(value: float) -> None:
    """Any finite and positive value is a price."""
    assert is_price(value)


@pytest.mark.parametrize("price", NO_PRICES)
@pytest.mark.parametrize("name", ["entry", "initial_stop", "tick_size"])
def test_position_refuses_what_is_no_price(name: str, price: float) -> None:
    """A position with an invalid price is rejected, and the error names the price."""
    with pytest.raises(InvalidPosition, match=rf"^{name} was ") as caught:
        Position(**{**GOOD, name: price})
    assert caught.value.parameter == name
    assert isinstance(caught.value, RobustopError)


@pytest.mark.parametrize(
    ("name", "value"), [("side", 0), ("side", 2), ("opened_at", math.nan), ("opened_at", math.inf)]
)
def test_position_refuses_other_nonsense(name: str, value: float) -> None:
    """An invalid side and an invalid time are rejected by name."""
    with pytest.raises(InvalidPosition, match=f"^{name} was {value}: it must be "):
        Position(**{**GOOD, name: value})


def test_position_refuses_a_grid_finer_than_its_prices() -> None:
    """A grid with more prices below the entry than floats can distinguish is rejected; with fewer it is accepted."""
    with pytest.raises(InvalidPosition, match=r"^tick_size was 1\.0: "):
        Position(1, 2.0**53, 2.0**52, 1.0, 0.0)
    assert Position(1, 2.0**53 - 1, 2.0**52, 1.0, 0.0).initial_stop == 2.0**52


@pytest.mark.parametrize(
    ("side", "initial_stop", "tick_size"),
    [(1, 100.0, 0.01), (1, 101.0, 0.01), (1, 99.5, 1.0), (-1, 100.0, 0.01), (-1, 99.0, 0.01), (-1, 100.5, 1.0)],
)
def test_position_refuses_a_stop_on_the_wrong_side(side: int, initial_stop: float, tick_size: float) -> None:
    """A stop at the entry or beyond it is rejected, also if only rounding brings it there."""
    with pytest.raises(InvalidPosition, match=f"^initial_stop was {initial_stop}: .*entry 100.0 after rounding"):
        Position(side, 100.0, initial_stop, tick_size, 0.0)


@pytest.mark.parametrize(
    ("side", "entry", "initial_stop", "tick_size", "rounded"),
    [
        (1, 100.0, 97.9, 0.25, 98.0),
        (1, 100.0, 98.0, 0.25, 98.0),
        (-1, 100.0, 102.1, 0.25, 102.0),
        (1, 0.2, 0.10001, 0.0001, 0.1001),
        (-1, 100.0, 101.00000001, 1e-8, 101.00000001),
        (1, 100.4, 99.5, 1.0, 100.0),
    ],
)
def test_position_rounds_its_stop_towards_the_market(
    side: int, entry: float, initial_stop: float, tick_size: float, rounded: float
) -> None:
    """The initial stop lies on the grid before anything is derived from it."""
    assert Position(side, entry, initial_stop, tick_size, 0.0).initial_stop == rounded


@given(markets())
@budget()
def test_rounding_twice_is_rounding_once(market: Market) -> None:
    """A position rebuilt from its own fields is the same position."""
    off_grid = market.first_stop - Fraction(market.side, 3)
    position = Position(
        market.side,
        float(market.entry * market.tick_size),
        float(off_grid * market.tick_size),
        float(market.tick_size),
        0.0,
    )
    again = dataclasses.replace(position)
    assert again == position
    expected = on_grid(market.side, off_grid * market.tick_size, market.tick_size)
    assert position.initial_stop == float(expected)


@pytest.mark.parametrize("price", NO_PRICES)
def test_tick_refuses_what_is_no_price(price: float) -> None:
    """A tick without a valid price is rejected."""
    with pytest.raises(InvalidTick, match=r"^price was .*: it must be finite and > 0$"):
        Tick(0.0, price)


@pytest.mark.parametrize("name", ["extreme", "breakeven"])
@pytest.mark.parametrize("price", NO_PRICES)
def test_tick_refuses_other_prices_that_are_none(name: str, price: float) -> None:
    """The other prices of a tick must be valid too: a best price of NaN would never recover."""
    with pytest.raises(InvalidTick, match=rf"^{name} was "):
        Tick(0.0, 1.0, **{name: price})


@pytest.mark.parametrize("time", [math.nan, math.inf, -math.inf])
def test_tick_refuses_what_is_no_time(time: float) -> None:
    """A tick without a valid time is rejected."""
    with pytest.raises(InvalidTick, match=r"^time was .*: it must be finite$"):
        Tick(time, 1.0)


@pytest.mark.parametrize("atr", NO_PRICES)
def test_an_atr_that_is_not_positive_is_no_atr(atr: float) -> None:
    """An invalid ATR counts as missing, and the tick stays valid."""
    assert Tick(0.0, 1.0, atr).atr is None


def test_facts_are_frozen() -> None:
    """Neither a position nor a tick can be changed."""
    for fact, name in ((Position(**GOOD), "entry"), (Tick(0.0, 1.0), "price")):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(fact, name, 1.0)


def test_view_counts_in_ticks_from_the_rounded_stop() -> None:
    """Engines see whole ticks, the rounded risk, the age, and NaN for an unknown ATR."""
    view = view_of(Position(-1, 0.3, 0.4999, 0.1, 100.0), Tick(160.0, 0.2), 0.1, None, 2.5)
    assert (view.side, view.entry, view.best) == (-1, Exact(3.0, 0.0), Exact(1.0, 0.0))
    assert view.risk == Exact(1.0, 0.0)
    assert math.isnan(view.atr)
    assert view.atr_at_entry == 2.5
