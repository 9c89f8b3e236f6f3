"""A user's own second entry or partial exit: the initial stop stays, the span is measured again.

The first entry buys 10 at 100 with the stop at 98; the second buys 10 more, so that the new entry is midway.
"""

from typing import Any

import pytest
from freqtrade.enums import ExitCheckTuple
from freqtrade.persistence import LocalTrade

from tests.support.hand_candles import Candle, Hand, at
from tests.support.host import Host, Played


class Adjusts(Hand):
    """Changes its position once, at the open of one candle, and records every stop of Freqtrade."""

    position_adjustment_enable = True
    stake = 0.0
    candle = 1
    seen: list[float]

    def bot_start(self, **kwargs: Any) -> None:
        """Start with nothing recorded."""
        self.seen = []

    def adjust_trade_position(self, trade: LocalTrade, current_time: Any, *args: Any, **kwargs: Any) -> float | None:
        """Request the change."""
        return self.stake if current_time == at(self.candle) else None

    def should_exit(self, trade: LocalTrade, *args: Any, **kwargs: Any) -> list[ExitCheckTuple]:
        """Record the stop after Freqtrade's decision."""
        exits = super().should_exit(trade, *args, **kwargs)
        self.seen.append(trade.stop_loss)
        return exits


def adjusted(host: Host, stake: float, candles: list[Candle], candle: int = 1) -> Played:
    """Backtest with one change of the position, and assert that the stop never loosens."""
    played = host.play(type("Once", (Adjusts,), {"stake": stake, "candle": candle}), candles)
    assert played.strategy.seen == sorted(played.strategy.seen)
    return played


def test_averaging_down_keeps_the_stop_and_counts_spans_from_the_new_entry(host: Host) -> None:
    """Ten more at 99 make the entry 99.5 and the span 1.5: 101 brings breakeven at 99.64925, so 99.65."""
    candles = [
        (100.0, 100.5, 99.0, 99.1),
        (99.0, 100.9, 98.5, 99.8),
        (99.8, 101.0, 99.7, 100.9),
        (100.9, 100.95, 99.0, 99.1),
        (99.0,) * 4,
    ]
    played = adjusted(host, 990.0, candles)
    assert played.trade.open_rate == 99.5
    assert played.strategy.seen == [98.0, 98.0, 99.65, 99.65]
    assert (played.trade.close_rate, played.trade.exit_reason) == (99.65, "trailing_stop_loss")
    assert [record["action"] for record in played.records] == ["initial", "averaged", "move", "closed"]
    assert played.of("move")[0]["facts"]["initial_stop"] == 98.0


def test_averaging_down_counts_nothing_that_was_seen_before(host: Host) -> None:
    """The earlier high of 101 would be one span of 1.5 from 99.5, but does not count for the averaged position."""
    candles = [(100.0, 101.0, 99.0, 99.1), (99.0, 100.9, 98.5, 99.8), (99.8,) * 4]
    played = adjusted(host, 990.0, candles)
    assert played.trade.open_rate == 99.5
    assert (played.trade.close_rate, played.trade.exit_reason) == (99.8, "force_exit")
    assert [record["new_stop"] for record in played.of("averaged")] == [98.0]


def test_averaging_up_counts_spans_from_the_new_entry_and_no_stop_jumps(host: Host) -> None:
    """Ten more at 102 make the entry 101 and the span 3.

    Freqtrade applies its last ratio, 2.005 percent, to the new entry: 98.97495, so 98.98. Published again after the
    fill, the decided 98 stays, and the next level is breakeven at 101.1515, so 101.16, once 104 is reached.
    """
    candles = [
        (100.0, 101.9, 99.0, 101.8),
        (102.0, 103.9, 101.5, 103.8),
        (103.8, 104.0, 103.0, 103.5),
        (103.5, 103.6, 101.0, 101.1),
        (101.0,) * 4,
    ]
    played = adjusted(host, 1020.0, candles)
    assert played.trade.open_rate == 101.0
    assert played.strategy.seen == [98.0, 98.0, 101.16, 101.16]
    assert played.of("host") == []
    (move,) = played.of("move")
    assert (move["old_stop"], move["new_stop"], move["facts"]["initial_stop"]) == (98.0, 101.16, 98.0)


def test_averaging_up_after_a_move_loosens_nothing(host: Host) -> None:
    """Two spans have locked 102; ten more at 106 make the entry 103 and the span 5, and 102 stays in force.

    At 108 the first new span is reached, with breakeven at 103.1545, so 103.16.
    """
    candles = [
        (100.0, 101.9, 99.0, 101.8),
        (104.1, 104.4, 103.5, 104.2),
        (106.0, 107.9, 105.0, 106.5),
        (106.5, 108.0, 105.5, 107.0),
        (107.0, 107.1, 103.0, 103.1),
        (103.0,) * 4,
    ]
    played = adjusted(host, 1060.0, candles, candle=2)
    assert played.trade.open_rate == 103.0
    assert played.strategy.seen == [98.0, 102.0, 102.0, 103.16, 103.16]
    assert played.of("host") == []
    assert played.trade.close_rate == 103.16


@pytest.mark.parametrize(("opening", "stop"), [(103.0, 100.15), (99.0, 98.0)])
def test_a_partial_exit_of_the_user_moves_no_stop(host: Host, opening: float, stop: float) -> None:
    """After half is sold, in profit or under water, the stop is unchanged."""
    candles = [
        (100.0, 101.9, 98.5, opening),
        (opening, opening, opening - 0.3, opening),
        (opening, opening, opening - 0.3, opening),
        (opening,) * 4,
    ]
    played = adjusted(host, -500.0, candles)
    assert played.trade.nr_of_successful_exits == 2
    assert played.trade.stop_loss == stop
    assert played.of("host") == []
    (closed,) = played.of("closed")
    assert (closed["price"], closed["reason"]) == (opening, "force_exit")
