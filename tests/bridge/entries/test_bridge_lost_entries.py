"""First entries and additions whose answer was lost are not made again."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from freqtrade.persistence import Order, Trade

from robustop_plugin.audit.requests import RESUME, Requests
from tests.support.asked_entries import Asked
from tests.support.hand_candles import PAIR, Hand, at
from tests.support.host import Host
from tests.support.trades import in_database, order_of

SECOND = timedelta(seconds=1)


@pytest.fixture
def asked(host: Host, path: Path) -> Asked:
    """Return a live strategy with a trade database in a file."""
    return Asked(host)


def test_a_lost_answer_is_not_asked_for_again(asked: Asked) -> None:
    """The exchange has bought: with the signal still standing nothing is bought, and it is searched once a minute."""
    assert asked.enters(at(0))
    asked.has(at(0))
    assert [asked.enters(at(0) + second * SECOND) for second in (5, 10, 65, 70)] == [False] * 4
    assert asked.searches == 2


def test_an_order_that_was_never_accepted(asked: Asked) -> None:
    """The exchange has no such order: the entry is tried again."""
    assert asked.enters(at(0))
    assert asked.enters(at(0) + 5 * SECOND)
    assert asked.searches == 1


def test_an_answered_entry(asked: Asked) -> None:
    """A trade was made of it and has been closed: the next entry needs no search."""
    assert asked.enters(at(0))
    in_database(open_date=at(0) + SECOND, is_open=False)
    assert asked.enters(at(1))
    assert asked.searches == 0


def test_an_older_trade_is_no_answer(asked: Asked) -> None:
    """Only a trade that was opened after the request is one."""
    in_database(open_date=at(0) - SECOND, is_open=False)
    assert asked.enters(at(0))
    asked.has(at(0))
    assert not asked.enters(at(0) + 5 * SECOND)


def test_after_a_kill_the_next_process_knows(asked: Asked, host: Host) -> None:
    """The request was written before Freqtrade got the permission."""
    assert asked.enters(at(0))
    again = Asked(host)
    again.has(at(0))
    assert not again.enters(at(0) + 5 * SECOND)


@pytest.mark.parametrize(
    ("over", "bought_again"),
    [
        ({"side": "sell"}, True),
        ({"amount": 0.9, "filled": 0.9}, True),
        ({"filled": 0.0, "status": "canceled"}, True),
        ({"stopPrice": 99.0}, True),
        ({"filled": 0.4, "status": "canceled"}, False),
        ({"filled": 0.0, "status": "open"}, False),
    ],
    ids=["other side", "other amount", "not filled", "a stop", "filled in part", "rests"],
)
def test_which_orders_count(asked: Asked, over: dict[str, Any], bought_again: bool) -> None:
    """An unknown order of that side and amount that has bought, or still may."""
    assert asked.enters(at(0))
    asked.has(at(0), **over)
    assert asked.enters(at(0) + 5 * SECOND) is bought_again


def test_an_order_of_freqtrades_is_known(asked: Asked) -> None:
    """It belongs to a trade that was opened before, as an addition."""
    trade = in_database(open_date=at(0) - SECOND)
    trade.orders.append(order_of(trade, 100.0, 1.0, id=None, order_id="1"))
    Trade.commit()
    assert asked.enters(at(0))
    asked.has(at(0))
    assert asked.enters(at(0) + 5 * SECOND)


def test_sold_by_hand(asked: Asked) -> None:
    """Once the lot was sold, entries are made again."""
    assert asked.enters(at(0))
    asked.has(at(0))
    assert not asked.enters(at(0) + 5 * SECOND)
    asked.has(at(0) + 30 * SECOND, amount=0.999, side="sell")
    assert asked.enters(at(0) + 70 * SECOND)


def test_resumed(asked: Asked) -> None:
    """A person has looked at it, and lets entries in."""
    assert asked.enters(at(0))
    asked.has(at(0))
    assert not asked.enters(at(0) + 5 * SECOND)
    Requests(Trade.session.get_bind()).ask(RESUME, at(0).timestamp() + 10, "looked at it")
    assert asked.enters(at(0) + 15 * SECOND)


def test_a_silent_exchange(asked: Asked) -> None:
    """Whether the order exists is unknown, so nothing is bought until it answers."""
    assert asked.enters(at(0))
    asked.silent = True
    assert not asked.enters(at(0) + 5 * SECOND)
    asked.silent = False
    assert asked.enters(at(0) + 10 * SECOND)


def test_a_short_entry(asked: Asked) -> None:
    """Its order sells."""
    assert asked.enters(at(0), side="short")
    asked.has(at(0), side="sell")
    assert not asked.enters(at(0) + 5 * SECOND, side="short")


def test_a_dry_run_loses_nothing(host: Host, path: Path) -> None:
    """Nothing is written, and nothing searched."""
    assert host.start(Hand, runmode="dry_run")._robustop_entry_limits.lost is None


def test_a_lost_addition(asked: Asked) -> None:
    """The exchange has bought 10 at 100 that Freqtrade does not know: no more is added."""
    trade = in_database()
    asked.strategy.order_filled(pair=PAIR, trade=trade, order=trade.orders[0], current_time=at(0))
    asked.strategy.ft_stoploss_adjust(100.0, trade, at(0), 0.0, 0, after_fill=True)
    assert asked.adds(trade, at(1))
    asked.has(at(1), amount=9.99)
    assert [asked.adds(trade, at(1) + second * SECOND) for second in (5, 10)] == [False, False]
    assert trade.get_custom_data("robustop")["exchange"]["addition"]["known"] == [trade.orders[0].order_id]


def test_an_answered_addition(asked: Asked) -> None:
    """A new entry order in the trade answers it, without a search."""
    trade = in_database()
    asked.strategy.order_filled(pair=PAIR, trade=trade, order=trade.orders[0], current_time=at(0))
    asked.strategy.ft_stoploss_adjust(100.0, trade, at(0), 0.0, 0, after_fill=True)
    assert asked.adds(trade, at(1))
    trade.orders.append(order_of(trade, 100.0, 10.0, id=None, order_id="answered"))
    Trade.commit()
    asked.has(at(1), amount=10.0)
    assert asked.adds(trade, at(1) + 5 * SECOND)
    assert asked.searches == 0


def test_a_refused_addition(asked: Asked) -> None:
    """Without such an order on the exchange, it is tried again."""
    trade = in_database()
    asked.strategy.order_filled(pair=PAIR, trade=trade, order=trade.orders[0], current_time=at(0))
    asked.strategy.ft_stoploss_adjust(100.0, trade, at(0), 0.0, 0, after_fill=True)
    asked.has(at(1), amount=2.0)
    assert [asked.adds(trade, at(1) + second * SECOND) for second in (0, 5)] == [True, True]
    assert Order.session.query(Order).count() == 1
