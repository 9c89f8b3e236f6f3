"""The separately trailed portion of hand span: sold once, at a virtual level; the rest keeps the breakeven stop.

The entry is 10 at 100 and a span is 2: breakeven at 100.15 from 102 on, and from 104 on a virtual trail at 102.
"""

from typing import Any

import pytest

from tests.support.host import Host
from tests.support.selling_strategies import flat, play, sold, with_partials

PORTION = {"name": "hand_span", "portion": 0.4}


def portioned(host: Host, *opens: float, partials: Any = (), **over: Any) -> Any:
    """Backtest with a portion of four tenths."""
    return play(host, flat(*opens), robustop=with_partials(partials, PORTION), **over)


def test_the_portion_is_sold_at_the_virtual_level(host: Host) -> None:
    """Up to 104 and back to 102: four are sold, and the stop in force is breakeven before and after."""
    played = portioned(host, 100.0, 104.0, 103.0, 102.0, 102.0)
    assert sold(played) == [("robustop_portion", 4.0, 102.0), ("force_exit", 6.0, 102.0)]
    assert {after for _, _, after in played.strategy.seen[1:]} == {100.15}
    assert [record["phase"] for record in played.of("reduce")] == ["BREAKEVEN_PROTECTED"]


def test_it_is_sold_once(host: Host) -> None:
    """Another rise and fall sells nothing more; the rest exits at breakeven."""
    played = portioned(host, 100.0, 104.0, 102.0, 106.0, 104.0, 103.0, 100.1)
    assert sold(played)[:1] == [("robustop_portion", 4.0, 102.0)]
    assert sold(played)[1][:2] == ("trailing_stop_loss", 6.0)
    assert played.trade.stop_loss == 100.15


def test_before_the_level_nothing_is_sold(host: Host) -> None:
    """A tick above the virtual level does not reach it."""
    played = portioned(host, 100.0, 104.0, 102.01)
    assert [tag for tag, _, _ in sold(played)] == ["force_exit"]


def test_a_gap_through_the_level_sells_at_the_open(host: Host) -> None:
    """From 104 to 101.2: the portion is sold at the first available price."""
    assert sold(portioned(host, 100.0, 104.0, 101.2))[0] == ("robustop_portion", 4.0, 101.2)


def test_portion_and_rung_of_one_tick_are_one_order(host: Host) -> None:
    """Up to 112 the virtual level is 110; back at 110 the rung at 5R and the portion are due, seven in one order.

    The climb stays inside one candle, so that no open reaches the rung before.
    """
    candles = [*flat(100.0)[:1], (101.0, 112.0, 101.0, 111.0), (110.0,) * 4, (110.0,) * 4]
    played = play(host, candles, robustop=with_partials([[5.0, 0.3]], PORTION))
    assert sold(played)[0] == ("robustop_portion_5R", 7.0, 110.0)
    (reduce,) = played.of("reduce")
    assert reduce["phase"] == "PARTIAL_PROFIT_TAKEN"


def test_after_both_neither_is_sold_again(host: Host) -> None:
    """The order's tag names both."""
    candles = [*flat(100.0)[:1], (101.0, 112.0, 101.0, 111.0), *flat(110.0, 110.0, 114.0, 110.0)]
    played = play(host, candles, robustop=with_partials([[5.0, 0.3]], PORTION))
    assert [amount for _, amount, _ in sold(played)] == [7.0, 3.0]


def test_portion_and_rungs_that_make_a_whole_close_the_trade(host: Host) -> None:
    """Four by the portion, six tenths by the rung: nothing is left, and the second order is an exit."""
    played = play(host, flat(100.0, 104.0, 102.0, 110.0), robustop=with_partials([[5.0, 0.6]], PORTION))
    assert sold(played) == [("robustop_portion", 4.0, 102.0), ("robustop_take_profit", 6.0, 110.0)]


@pytest.mark.parametrize(("stake", "first"), [(14, "force_exit"), (40, "robustop_portion")])
def test_a_portion_that_is_too_small_waits(host: Host, stake: float, first: str) -> None:
    """Four tenths of 0.14 are 5.71 USDT at 102, below the 5.83 that Freqtrade requires."""
    played = portioned(host, 100.0, 104.0, 102.0, 102.0, stake_amount=stake)
    assert sold(played)[0][0] == first
    assert len(played.of("wait")) == (first == "force_exit")
