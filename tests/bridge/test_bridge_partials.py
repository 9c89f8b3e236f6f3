"""Parts of a position are sold on the real host: amounts, tags, and a stop that does not jump."""

from typing import Any

from tests.bridge.by_hand import Candle, Hand
from tests.bridge.host import Host

LADDER = {
    "engines": [{"name": "r_ladder", "rungs": [[1.0, "breakeven"], [3.0, 2.0]]}],
    "initial_stop": {"kind": "percent", "percent": 2.0},
    "partials": [[2.0, 0.5], [3.0, 0.25], [4.0, "rest"]],
}
CLIMB: list[Candle] = [
    (100.0, 100.5, 99.5, 100.2),
    (100.2, 102.5, 100.1, 102.4),
    (102.4, 104.5, 102.4, 104.2),
    (104.2, 105.0, 104.1, 105.0),
    (106.1, 106.4, 105.5, 106.2),
    (108.1, 108.3, 107.0, 107.5),
    (107.5, 108.0, 107.0, 107.5),
]


class Sells(Hand):
    """The same entries, sold in parts."""

    position_adjustment_enable = True
    robustop = LADDER


def orders(played: Any) -> list[tuple[Any, ...]]:
    """Return the exits of the only trade: tag, amount, price."""
    return [
        (order.ft_order_tag, round(order.safe_filled, 9), order.safe_price)
        for order in played.trade.select_filled_orders("sell")
    ]


def test_the_ladder_is_sold_rung_by_rung(host: Host) -> None:
    """Half at 2R, a quarter at 3R, the rest at 4R, each at the open of a candle; the last order closes the trade."""
    played = host.play(Sells, CLIMB)
    assert orders(played) == [
        ("robustop_2R", 5.0, 104.2),
        ("robustop_3R", 2.5, 106.1),
        ("robustop_take_profit", 2.5, 108.1),
    ]
    assert played.trade.exit_reason == "robustop_take_profit"


def test_no_stop_jumps_at_a_partial_exit(host: Host) -> None:
    """The stop after every sale is the one before it."""
    played = host.play(Sells, CLIMB)
    for record in played.of("reduce"):
        assert record["new_stop"] == record["old_stop"]
    assert [record["action"] for record in played.records if record["action"] == "host"] == []
    assert played.trade.stop_loss == played.of("closed")[0]["new_stop"]
