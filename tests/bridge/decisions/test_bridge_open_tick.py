"""A backtest candle is two ticks: its open with the memory from before it, then its favorable extreme.

In all cases the entry is 100 and the initial stop 98, so that a span is 2 and breakeven 100.15.
"""

from datetime import datetime, timedelta
from typing import Any

from freqtrade.enums import ExitCheckTuple, ExitType
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pandas import DataFrame, date_range

from tests.support.hand_candles import PAIR, START, Candle, Hand, at, block
from tests.support.host import Host, run
from tests.support.trades import bought

TIGHTEN = block(tighten={"after_hours": 0.25, "lag": 0.0})
"""From 15 minutes on, three candles after the fill, the trail is at the last whole span."""

TO_TWO_SPANS = [(100.0, 101.9, 99.5, 101.5), (102.8, 104.5, 102.6, 104.4), (104.4, 104.45, 103.0, 104.3)]
"""The best price is 104.5: two spans, the stop at 102."""


class Watched(Hand):
    """Records time, stop and decided tag at the end of each open tick."""

    seen: list[tuple[datetime, float, str | None]]

    def bot_start(self, **kwargs: Any) -> None:
        """Start with nothing recorded."""
        self.seen = []

    def ft_stoploss_reached(self, **kwargs: Any) -> ExitCheckTuple:
        """Record before Freqtrade processes the rest of the candle."""
        trade, now = kwargs["trade"], kwargs["current_time"]
        self.seen.append((now, trade.stop_loss, self._robustop.exit_tag_at(trade, now)))
        return super().ft_stoploss_reached(**kwargs)


def test_level_of_the_last_closed_candle_is_not_lost_when_the_next_low_is_below_the_old_stop(
    host: Host,
) -> None:
    """A level that is due at the open is applied there: the low then hits the new stop."""
    candles = [*TO_TWO_SPANS, (104.3, 104.4, 101.0, 101.2), (101.0,) * 4]
    trade = host.play(Hand, candles, robustop=TIGHTEN).trade
    assert (trade.close_rate, trade.exit_reason) == (104.0, "trailing_stop_loss")
    assert trade.close_date_utc == at(3)


def test_a_falling_atr_of_the_last_closed_candle_tightens_at_the_next_open(host: Host) -> None:
    """Half the ATR gives half the span: three spans of 1 are locked at 102 before the low of 100 comes."""
    candles = [
        (100.0, 101.9, 99.5, 101.5),
        (101.5, 103.9, 101.0, 103.5),
        (103.5, 103.8, 102.5, 103.0),
        (103.0, 103.2, 100.0, 100.1),
        (100.0,) * 4,
    ]
    played = host.play(
        Hand,
        candles,
        columns={"robustop_atr": [1.0, 1.0, 1.0, 0.5, 0.5, 0.5]},
        robustop=block(adaptive={"min_scale": 0.5}),
    )
    assert [record["new_stop"] for record in played.of("move")] == [100.15, 102.0]
    assert (played.trade.close_rate, played.trade.exit_reason) == (102.0, "trailing_stop_loss")


def test_no_look_ahead_at_the_open(host: Host) -> None:
    """A high of three spans moves the stop after the open, so the exit is at that stop and not at the open."""
    candles = [(100.0, 101.0, 99.5, 100.5), (100.5, 106.0, 100.3, 105.9), (105.0,) * 4]
    played = host.play(Watched, candles)
    assert played.strategy.seen == [(at(0), 98.0, None), (at(1), 98.0, None)]
    assert [(record["price"], record["new_stop"]) for record in played.of("move")] == [(106.0, 104.0)]
    assert (played.trade.close_rate, played.trade.exit_reason) == (104.0, "trailing_stop_loss")


def test_the_open_of_the_candle_of_the_fill_is_no_tick(host: Host) -> None:
    """The limit order fills after the open of 102.5: the high of 102.6 moves the stop."""

    class Patient(Hand):
        def custom_entry_price(self, **kwargs: Any) -> float:
            return 100.0

    played = host.play(Patient, [(102.5, 102.6, 99.9, 102.0), (102.0,) * 4])
    assert [(record["price"], record["new_stop"]) for record in played.of("move")] == [(102.6, 100.15)]


cents = st.integers(-140, 140).map(lambda number: number / 100)
shapes = st.tuples(cents, cents, cents)


def candle(opening: float, shape: tuple[float, float, float]) -> Candle:
    """Return a candle from its open: the close, and how far high and low reach past both."""
    close = round(opening + shape[0], 2)
    high = round(max(opening, close) + abs(shape[1]), 2)
    return opening, high, round(min(opening, close) - abs(shape[2]), 2), close


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(walk=st.lists(shapes, min_size=2, max_size=12), first=shapes, other=shapes)
def test_what_follows_the_open_never_changes_the_open_tick(
    host: Host, walk: list[Any], first: tuple[float, float, float], other: tuple[float, float, float]
) -> None:
    """Two different futures with the same past and open give the same stop and exit at that open."""
    past = [(100.0, 101.0, 99.5, 100.5)]
    for shape in walk:
        past.append(candle(past[-1][3], shape))
    opening = past[-1][3]
    seen = []
    for shape in (first, other):
        end = candle(opening, shape)
        seen.append(host.play(Watched, [*past, end, (end[3],) * 4]).strategy.seen)
    upto = at(len(past))
    assert [look for look in seen[0] if look[0] <= upto] == [look for look in seen[1] if look[0] <= upto]


def test_a_crossed_level_at_the_open_is_an_exit(host: Host) -> None:
    """A candle that opens beyond a level requested only at this open exits at its open."""
    candles = [*TO_TWO_SPANS, (103.5, 103.6, 103.0, 103.1), (103.0,) * 4]
    played = host.play(Hand, candles, robustop=TIGHTEN)
    trade = played.trade
    assert (trade.close_rate, trade.exit_reason) == (103.5, "trailing_stop_loss")
    assert (trade.close_date_utc, trade.stop_loss) == (at(3), 102.0)
    (record,) = played.of("exit")
    assert (record["rule"], record["facts"]["level"], record["new_stop"]) == ("trail", 104.0, 102.0)


def test_a_level_crossed_at_the_extreme_waits_for_the_next_open(host: Host) -> None:
    """A level crossed at the extreme gives neither a stop nor an exit; the next open gives the exit."""
    backtesting = host.backtesting(Hand, robustop=TIGHTEN)
    strategy = backtesting.strategy
    trade = bought(backtesting)
    for number, (rate, high, low, _) in enumerate(TO_TWO_SPANS):
        assert strategy.should_exit(trade, rate, at(number), enter=False, exit_=False, low=low, high=high) == []
    assert trade.stop_loss == 102.0
    strategy.ft_stoploss_adjust(103.1, trade, at(3), 0.031, 0, low=102.5, high=103.5)
    assert trade.stop_loss == 102.0
    assert strategy.custom_exit(PAIR, trade, at(3), 103.1, 0.031) is None
    exits = strategy.should_exit(trade, 103.2, at(4), enter=False, exit_=False, low=102.9, high=103.3)
    assert exits == [ExitCheckTuple(ExitType.EMERGENCY_EXIT, "trailing_stop_loss")]
    assert trade.stop_loss == 102.0


class Greedy(Hand):
    """Asks for 10 above the price until the fifth candle."""

    def custom_exit_price(self, current_time: datetime, proposed_rate: float, **kwargs: Any) -> float:
        """Return a price that no candle reaches."""
        return proposed_rate + (10 if current_time < at(5) else 0)


def test_a_crossed_level_leaves_at_the_open_whatever_price_the_strategy_asks_for(host: Host) -> None:
    """A custom price applies to the strategy's own exits: an exit at a crossed level does not wait for it."""
    candles = [*TO_TWO_SPANS, *[(103.5, 103.6, 103.0, 103.1)] * 3, (103.0,) * 4]
    trade = host.play(Greedy, candles, robustop=TIGHTEN).trade
    assert (trade.close_date_utc, trade.close_rate, trade.exit_reason) == (at(3), 103.5, "trailing_stop_loss")


def test_an_exit_that_was_not_filled_is_decided_again_at_the_next_open(host: Host) -> None:
    """While time is up, every open requests the exit, which is recorded once."""
    candles = [*TO_TWO_SPANS, *[(104.3, 104.4, 104.2, 104.3)] * 3, (104.0,) * 4]
    played = host.play(Greedy, candles, robustop={**block(), "time_stop_hours": 0.25})
    trade = played.trade
    assert (trade.close_date_utc, trade.close_rate, trade.exit_reason) == (at(5), 104.3, "robustop_time_stop")
    assert len(played.of("exit")) == 1


def test_with_detail_candles_each_of_them_is_two_ticks(host: Host) -> None:
    """Within one candle the stop moves to 102 in its third minute and is hit in its fourth."""
    backtesting = host.backtesting(Hand, timeframe_detail="1m")
    minutes = [
        (100.0, 100.5, 99.8, 100.4),
        (100.4, 102.5, 100.4, 102.4),
        (102.4, 104.6, 102.3, 104.5),
        (104.5, 104.6, 101.9, 102.0),
        (102.0, 105.0, 101.0, 104.0),
    ]
    detail = DataFrame(minutes, columns=["open", "high", "low", "close"])
    detail.insert(0, "date", date_range(START, periods=len(minutes), freq="1min"))
    backtesting.detail_data = {PAIR: detail}
    trade = run(backtesting, [(100.0, 105.0, 99.8, 104.0), (104.0,) * 4, (104.0,) * 4]).trade
    assert (trade.close_rate, trade.exit_reason) == (102.0, "trailing_stop_loss")
    assert trade.close_date_utc == START + timedelta(minutes=3)
