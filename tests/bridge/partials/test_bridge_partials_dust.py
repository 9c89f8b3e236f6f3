"""No dust: a part that is too small to sell waits, and a remainder that would be too small is sold as well.

The exchange's minimum is 5 USDT, and a Freqtrade backtest requires 5.83: plus 5 % and the ratio of a stop in reserve.
The span is 2, so that the rungs are at 104, 106 and 108.
"""

import pytest

from tests.support.host import Host
from tests.support.selling_strategies import HALF_QUARTER_REST, flat, play, sold, with_partials

QUARTERS = [[2.0, 0.25], [3.0, 0.25], [4.0, "rest"]]


def test_a_part_that_is_too_small_waits_and_merges_into_the_next_rung(host: Host) -> None:
    """A quarter of 0.2 is 5.2 USDT at 104; at 106 both quarters are 10.6, and one order."""
    played = play(host, flat(100.0, 104.0, 106.0, 108.0), stake_amount=20, robustop=with_partials(QUARTERS))
    assert sold(played) == [("robustop_3R", 0.1, 106.0), ("robustop_take_profit", 0.1, 108.0)]
    (wait,) = played.of("wait")
    assert (wait["price"], wait["reason"].partition(":")[0]) == (104.0, "robustop_2R")


def test_waiting_is_told_once(host: Host) -> None:
    """However long the price stays beyond the rung, and however it moves there, there is one record."""
    prices = (100.0, 104.0, 104.3, 104.1, 105.0, 104.2)
    played = play(host, flat(*prices), stake_amount=20, robustop=with_partials(QUARTERS))
    assert [record["price"] for record in played.of("wait")] == [104.0]


def test_a_part_that_has_grown_large_enough_waits_no_longer(host: Host) -> None:
    """The quarter of 0.2 waits at 104 and is worth 5.85 USDT at 117, before the next rung at 120."""
    schedule = [[2.0, 0.25], [10.0, "rest"]]
    played = play(host, flat(100.0, 104.0, 116.0, 117.0), stake_amount=20, robustop=with_partials(schedule))
    assert sold(played)[0] == ("robustop_2R", 0.05, 117.0)


def test_a_part_above_the_smallest_order_is_sold(host: Host) -> None:
    """A quarter of 0.24 is 6.24 USDT at 104: enough for Freqtrade, and for the exchange."""
    played = play(host, flat(100.0, 104.0), stake_amount=24, robustop=with_partials(QUARTERS))
    assert sold(played)[0] == ("robustop_2R", 0.06, 104.0)


def test_a_rest_that_would_be_too_small_goes_as_well(host: Host) -> None:
    """Three quarters of 0.2 leave 5.2 USDT at 104: everything is sold, and the trade closed."""
    played = play(host, flat(100.0, 104.0), stake_amount=20, robustop=with_partials([[2.0, 0.75], [4.0, "rest"]]))
    assert sold(played) == [("robustop_take_profit", 0.2, 104.0)]
    assert [record["action"] for record in played.records][-2:] == ["exit", "closed"]


def test_a_rest_that_is_large_enough_stays(host: Host) -> None:
    """Three quarters of 0.4 leave 10.4 USDT."""
    played = play(host, flat(100.0, 104.0), stake_amount=40, robustop=with_partials([[2.0, 0.75], [4.0, "rest"]]))
    assert sold(played)[0] == ("robustop_2R", 0.3, 104.0)


def test_a_position_of_which_no_half_can_be_sold_waits_until_enough_is_due(host: Host) -> None:
    """Half of 0.1 is 5.2 USDT: it waits; three quarters at 106 would leave 2.65: everything is sold."""
    played = play(host, flat(100.0, 104.0, 106.0), stake_amount=10, robustop=with_partials(HALF_QUARTER_REST))
    assert sold(played) == [("robustop_take_profit", 0.1, 106.0)]
    assert [record["action"] for record in played.records if record["action"] != "move"] == [
        "initial",
        "wait",
        "exit",
        "closed",
    ]


@pytest.mark.parametrize("stake", [6.0, 8.0, 10.0, 15.0, 20.0, 25.0, 33.3, 50.0])
def test_no_order_and_no_remainder_is_below_the_minimum(host: Host, stake: float) -> None:
    """Whatever the size, every part but the last is worth 5 USDT or more, and so is a remainder."""
    prices = [100.0 + 0.25 * step for step in range(40)]
    played = play(host, flat(*prices), stake_amount=stake)
    left = bought = played.trade.select_filled_orders("buy")[0].safe_filled
    assert bought == pytest.approx(stake / 100, abs=0.001)
    for tag, amount, price in sold(played):
        left = round(left - amount, 9)
        assert left * price >= 5 or left == 0
        assert amount * price >= 5 or tag == "robustop_take_profit"
    assert left == 0
    assert sum(amount for _, amount, _ in sold(played)) == pytest.approx(bought, abs=1e-12)
