"""Freqtrade's own arithmetic turns the ratio back into exactly the decided stop."""

import math
from decimal import Decimal

import pytest
from ccxt import DECIMAL_PLACES, SIGNIFICANT_DIGITS, TICK_SIZE
from freqtrade.persistence import LocalTrade
from hypothesis import example, given, settings
from hypothesis import strategies as st

from robustop_plugin.bridge.facts.stop_ratio import stop_ratio
from tests.support.hand_candles import Hand, block
from tests.support.host import Host
from tests.support.markets import examples
from tests.support.trades import bought

HIGHEST = 1_000_000
POWERS = [Decimal(1).scaleb(-places) for places in range(9)]
ODD = [Decimal(text) for text in ("0.25", "0.5", "0.05", "0.0005", "2.5", "5", "0.00000025", "0.003")]
LEVERAGES = st.one_of(st.integers(1, 10).map(float), st.sampled_from([1.5, 2.7, 3.3]))
SIDES = st.sampled_from([1, -1])


def trade_of(side: int, precision: float | None, mode: int | None, leverage: float = 1.0) -> LocalTrade:
    """Return a trade with a price grid, and a stop that any other tightens."""
    trade = LocalTrade(
        id=1,
        pair="HAND/USDT",
        open_rate=1.0,
        stake_amount=1.0,
        amount=1.0,
        fee_open=0.0,
        fee_close=0.0,
        is_short=side < 0,
        leverage=leverage,
        price_precision=precision,
        precision_mode_price=mode,
    )
    trade.initial_stop_loss_pct = -0.99
    trade.initial_stop_loss = trade.stop_loss = 1e-12 if side > 0 else 1e12
    return trade


def stored(trade: LocalTrade, rate: float, stop: float) -> float:
    """Return the stop that Freqtrade stores when `stop` is published at `rate`."""
    trade.adjust_stop_loss(rate, stop_ratio(trade, -1 if trade.is_short else 1, rate, stop))
    return trade.stop_loss


@st.composite
def on_a_grid(draw: st.DrawFn) -> tuple[Decimal, int, int]:
    """Draw a tick size, and stop and rate in ticks: the rate is within twice the stop, on either side of it."""
    tick = draw(st.sampled_from(POWERS + ODD))
    most = int(HIGHEST / tick)
    stop = draw(st.one_of(st.integers(20, 5000), st.integers(20, most // 2)))
    rate = draw(st.one_of(st.integers(1, 50), st.integers(1, stop - 1)))
    return tick, stop, min(rate, stop - 1)


@settings(max_examples=examples(40 / 3, enough=500), deadline=None)
@given(grid=on_a_grid(), side=SIDES, leverage=LEVERAGES, off=st.floats(0, 0.999))
@example(grid=(Decimal("0.01"), 9800, 200), side=1, leverage=1.0, off=0.0)
def test_the_ratio_aims_half_a_tick_beyond(
    grid: tuple[Decimal, int, int], side: int, leverage: float, off: float
) -> None:
    """L49: with tick sizes the stored stop is the decided one, at rates on the grid and off it."""
    tick, stop, distance = grid
    decided = float(stop * tick)
    rate = float((stop + side * distance) * tick) + side * off * float(tick)
    trade = trade_of(side, float(tick), TICK_SIZE, leverage)
    assert stored(trade, rate, decided) == decided


@settings(max_examples=examples(20 / 3, enough=500), deadline=None)
@given(places=st.integers(0, 8), data=st.data(), side=SIDES, leverage=LEVERAGES)
def test_decimal_places_are_met(places: int, data: st.DataObject, side: int, leverage: float) -> None:
    """L50: with a number of decimal places the stored stop is the decided one."""
    tick = Decimal(1).scaleb(-places)
    stop = data.draw(st.integers(20, int(HIGHEST / tick / 2)))
    distance = data.draw(st.integers(1, stop - 1))
    trade = trade_of(side, float(places), DECIMAL_PLACES, leverage)
    decided, rate = float(stop * tick), float((stop + side * distance) * tick)
    assert stored(trade, rate, decided) == decided


@settings(max_examples=examples(20 / 3, enough=500), deadline=None)
@given(digits=st.integers(3, 9), exponent=st.integers(-8, 5), data=st.data(), side=SIDES, leverage=LEVERAGES)
def test_significant_digits_are_met_within_a_power_of_ten(
    digits: int, exponent: int, data: st.DataObject, side: int, leverage: float
) -> None:
    """L51: with significant digits the stored stop is the decided one, as long as stop and rate share a grid."""
    least = 10 ** (digits - 1)
    unit = Decimal(1).scaleb(exponent - digits + 1)
    low, high = sorted(data.draw(st.lists(st.integers(least + 1, 10 * least - 1), min_size=2, max_size=2, unique=True)))
    stop, rate = (low, high) if side > 0 else (high, low)
    trade = trade_of(side, float(digits), SIGNIFICANT_DIGITS, leverage)
    decided, market = float(stop * unit), float(rate * unit)
    assert stored(trade, market, decided) == decided


@pytest.mark.parametrize(("short", "entry", "stop"), [(False, 1.02, 0.98), (True, 0.98, 1.01)])
def test_significant_digits_are_met_across_a_power_of_ten(host: Host, short: bool, entry: float, stop: float) -> None:
    """If the grid at the stop differs from the grid at the entry, Freqtrade still stores the decided stop.

    Four percent away are 0.9792 and 1.0192: toward the market, with three digits, 0.98 and 1.01.
    """
    backtesting = host.backtesting(Hand, robustop=block({"kind": "percent", "percent": 4.0}))
    digits = {"price_precision": 3.0, "precision_mode_price": SIGNIFICANT_DIGITS}
    trade = bought(backtesting, entry, is_short=short, **digits)
    decided = backtesting.strategy._robustop.store.get(trade).memory.stop
    assert (decided, trade.stop_loss) == (stop, stop)


@pytest.mark.parametrize(("side", "decided"), [(1, 97.123456789), (-1, 103.987654321)])
def test_without_a_grid_the_stop_is_met_to_twelve_digits(side: int, decided: float) -> None:
    """If Freqtrade knows no precision, it stores the decided stop with an error of at most a trillionth."""
    trade = trade_of(side, None, None)
    result = stored(trade, 100.0, decided)
    assert math.isclose(result, decided, rel_tol=1e-11)
