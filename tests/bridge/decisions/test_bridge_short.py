"""Short and leveraged trades: the same stops mirrored, to the tick.

The entry is 100 and the initial stop 102, so that a span is 2 and breakeven 99.85.
"""

from typing import Any

import pytest
from freqtrade.enums import ExitCheckTuple, ExitType
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.hand_candles import Candle, Hand, at, block
from tests.support.host import Host
from tests.support.markets import examples
from tests.support.trades import bought

DOWN: list[Candle] = [
    (100.0, 100.5, 98.1, 98.5),
    (97.2, 97.4, 95.5, 95.6),
    (95.6, 95.8, 93.6, 93.7),
    (93.7, 97.0, 93.6, 96.9),
]


def look(strategy: Any, trade: Any, candle: Candle, number: int) -> list[ExitCheckTuple]:
    """Let Freqtrade process one candle."""
    opening, high, low, _ = candle
    return strategy.should_exit(trade, opening, at(number), enter=False, exit_=False, low=low, high=high)


@pytest.mark.parametrize("leverage", [1.0, 3.0, 10.0])
def test_a_short_trade_is_the_mirror_of_a_long_one(host: Host, leverage: float) -> None:
    """The lows of 95.5 and 93.6 lock 98 and 96, and the high of 97 ends the trade there."""
    backtesting = host.backtesting(Hand, stoploss=-0.99)
    strategy = backtesting.strategy
    trade = bought(backtesting, is_short=True, leverage=leverage)
    assert (trade.stop_loss, trade.is_stop_loss_trailing) == (102.0, False)
    stops, exits = [], []
    for number, candle in enumerate(DOWN):
        exits = look(strategy, trade, candle, number)
        stops.append(trade.stop_loss)
    assert stops == [102.0, 98.0, 96.0, 96.0]
    assert exits == [ExitCheckTuple(ExitType.TRAILING_STOP_LOSS)]


def test_a_level_crossed_upwards_at_the_open_is_an_exit(host: Host) -> None:
    """After 15 minutes the trail asks for 96 instead of 98, and the candle opens at 97."""
    robustop = block(tighten={"after_hours": 0.25, "lag": 0.0})
    backtesting = host.backtesting(Hand, robustop=robustop)
    trade = bought(backtesting, is_short=True)
    for number, candle in enumerate([*DOWN[:2], (95.6, 95.8, 95.5, 95.7)]):
        assert look(backtesting.strategy, trade, candle, number) == []
    exits = look(backtesting.strategy, trade, (97.0, 97.1, 96.9, 97.0), 3)
    assert exits == [ExitCheckTuple(ExitType.EMERGENCY_EXIT, "trailing_stop_loss")]
    assert trade.stop_loss == 98.0


cents = st.integers(-150, 150)
shapes = st.tuples(st.integers(-40, 40), cents, st.integers(0, 90), st.integers(0, 90))


@settings(max_examples=examples(2 / 3), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    shapes=st.lists(shapes, min_size=3, max_size=20),
    short=st.booleans(),
    leverage=st.sampled_from([1.0, 2.0, 3.0, 7.0, 10.0]),
    late=st.sampled_from([1, 3, 100]),
)
def test_the_stop_is_the_decided_one_and_never_loosens(
    host: Host, shapes: list[tuple[int, ...]], short: bool, leverage: float, late: int
) -> None:
    """On random walks of either side, at any leverage, Freqtrade stores the decided stop."""
    robustop = block(tighten={"after_hours": late / 12, "lag": 0.0})
    backtesting = host.backtesting(Hand, stoploss=-0.99, robustop=robustop)
    strategy = backtesting.strategy
    trade = bought(backtesting, is_short=short, leverage=leverage)
    stops, close = [trade.stop_loss], 10000
    for number, (gap, body, above, below) in enumerate(shapes):
        opening = close + (gap if number else 0)
        close = opening + body
        rates = (opening, max(opening, close) + above, min(opening, close) - below, close)
        exits = look(strategy, trade, tuple(rate / 100 for rate in rates), number)
        assert trade.stop_loss == strategy._robustop.store.get(trade).memory.stop
        stops.append(trade.stop_loss)
        if exits:
            break
    assert stops == sorted(stops, reverse=short)
