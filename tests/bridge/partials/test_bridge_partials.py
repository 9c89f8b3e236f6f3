"""Partial exits on the real Freqtrade: rung by rung, merged, and together with the stop.

The entry is 10 at 100, a span is 2, and the rungs are at 104, 106 and 108.
"""

from typing import Any

import pytest

from tests.support.hand_candles import Candle, at
from tests.support.host import Host
from tests.support.selling_strategies import RecordsStops, flat, play, sold, with_partials

CLIMB: list[Candle] = [
    (100.0, 100.5, 99.5, 100.2),
    (100.2, 102.5, 100.1, 102.4),
    (102.4, 104.5, 102.4, 104.2),
    (104.2, 105.0, 104.1, 105.0),
    (106.1, 106.4, 105.5, 106.2),
    (108.1, 108.3, 107.0, 107.5),
    (107.5, 108.0, 107.0, 107.5),
]


def test_the_ladder_is_sold_rung_by_rung(host: Host) -> None:
    """Half at 2R, a quarter at 3R, the rest at 4R, each at the open of a candle; the last order closes the trade."""
    played = play(host, CLIMB)
    assert sold(played) == [
        ("robustop_2R", 5.0, 104.2),
        ("robustop_3R", 2.5, 106.1),
        ("robustop_take_profit", 2.5, 108.1),
    ]
    assert played.trade.exit_reason == "robustop_take_profit"


def test_no_stop_jumps_at_a_partial_exit(host: Host) -> None:
    """Freqtrade's stop after every sale is the stop before it, or the engine's new stop at that open."""
    played = play(host, CLIMB)
    moves = {(record["time"], record["price"]): record["new_stop"] for record in played.of("move")}
    held = 98.0
    for candle, (_, before, after) in enumerate(played.strategy.seen):
        assert before == moves.get((at(candle).timestamp(), CLIMB[candle][0]), held)
        held = after
    assert [record["time"] for record in played.of("reduce")] == [at(3).timestamp(), at(4).timestamp()]
    assert played.of("host") == []
    assert played.trade.stop_loss == played.of("closed")[0]["new_stop"]


def test_the_records_tell_of_each_sale_once(host: Host) -> None:
    """Two reduces with tag, price and phase, then the decided exit and the close."""
    played = play(host, CLIMB)
    recorded = [
        (record["action"], record["price"], record["reason"], record["phase"])
        for record in played.records
        if record["action"] in ("reduce", "exit", "closed", "wait")
    ]
    assert recorded == [
        ("reduce", 104.2, "robustop_2R", "PARTIAL_PROFIT_TAKEN"),
        ("reduce", 106.1, "robustop_3R", "ADVANCED_PROFIT_TAKEN"),
        ("exit", 108.1, "robustop_take_profit", "ADVANCED_PROFIT_TAKEN"),
        ("closed", 108.1, "robustop_take_profit", "ADVANCED_PROFIT_TAKEN"),
    ]


def test_a_jump_over_two_rungs_is_one_order_with_their_sum(host: Host) -> None:
    """From 101 to 106.5, a half and a quarter are due, and sold as 7.5 under the higher rung's tag."""
    played = play(host, flat(100.0, 101.0, 106.5, 106.5, 108.0))
    assert sold(played) == [("robustop_3R", 7.5, 106.5), ("robustop_take_profit", 2.5, 108.0)]


def test_a_jump_over_all_rungs_closes_the_trade(host: Host) -> None:
    """At 109 everything is due: one order, one exit."""
    played = play(host, flat(100.0, 101.0, 109.0))
    assert sold(played) == [("robustop_take_profit", 10.0, 109.0)]
    assert [record["action"] for record in played.records][-2:] == ["exit", "closed"]


def test_fractions_below_one_leave_the_rest_to_the_stop(host: Host) -> None:
    """A schedule of one half sells nothing more, however high the price."""
    played = play(host, flat(100.0, 104.0, 110.0, 120.0), robustop=with_partials([[2.0, 0.5]]))
    assert [tag for tag, _, _ in sold(played)] == ["robustop_2R", "force_exit"]


def test_rungs_are_judged_at_opens_only(host: Host) -> None:
    """A high of 104.5 between two opens below 104 sells nothing: a backtest has no order at a price inside a candle."""
    candles = [(100.0, 100.1, 99.9, 100.0), (103.0, 104.5, 102.9, 103.9), (103.9, 104.0, 103.8, 103.9)]
    played = play(host, [*candles, (103.9,) * 4])
    assert [tag for tag, _, _ in sold(played)] == ["force_exit"]


def test_a_rung_at_the_very_price_is_reached(host: Host) -> None:
    """104 is exactly 2R; 103.99 is not."""
    assert [price for _, _, price in sold(play(host, flat(100.0, 103.99, 104.0)))] == [104.0, 104.0]


def test_a_rung_and_the_stop_on_one_candle(host: Host) -> None:
    """Half is sold at the open of 104, and the same candle falls to the breakeven stop, which exits the rest."""
    played = play(host, [*flat(100.0, 103.0)[:2], (104.0, 104.5, 99.0, 99.5), (99.5,) * 4])
    assert sold(played) == [("robustop_2R", 5.0, 104.0), ("trailing_stop_loss", 5.0, 100.0)]


def test_the_moved_stop_of_a_decision_comes_before_its_sale(host: Host) -> None:
    """At the open of 106 the ladder locks 102: Freqtrade has that stop when the sale of that open fills."""
    recorded: list[tuple[str, float]] = []

    class Listens(RecordsStops):
        def order_filled(self, pair: str, trade: Any, order: Any, current_time: Any, **kwargs: Any) -> None:
            recorded.append((order.ft_order_tag, trade.stop_loss))
            super().order_filled(pair, trade, order, current_time, **kwargs)

    played = play(host, flat(100.0, 101.0, 106.0, 107.0), Listens)
    assert recorded[1] == ("robustop_3R", 102.0)
    assert [record["action"] for record in played.records][:3] == ["initial", "move", "reduce"]


@pytest.mark.parametrize(("multiple", "price"), [(1.0 / 3, 100.67), (2.3456789, 104.70), (0.00001, 100.01)])
def test_a_rung_with_many_digits_is_sold_once(host: Host, multiple: float, price: float) -> None:
    """A tag that dropped digits would read as a lower rung, and its half would be sold again at the next candle."""
    played = play(host, flat(100.0, price, price, price), robustop=with_partials([[multiple, 0.5]]))
    assert [tag for tag, _, _ in sold(played)] == [f"robustop_{multiple}R", "force_exit"]
    assert len(played.of("reduce")) == 1
