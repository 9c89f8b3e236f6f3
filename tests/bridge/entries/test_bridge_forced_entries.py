"""A trade that another thread changes is read again before its first stop order; changes of this thread are kept."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from freqtrade.persistence import Trade

from robustop_plugin.bridge.entries.forced_entries import read_again, read_amounts_again
from tests.support.trades import in_database, order_of

pytestmark = pytest.mark.usefixtures("host")


def changed_elsewhere(path: Path) -> None:
    """Write a stop and the amount of the first order, as another thread does."""
    with closing(sqlite3.connect(path)) as database:
        database.execute("UPDATE trades SET stop_loss = 98.0")
        database.execute("UPDATE orders SET filled = 9.5 WHERE ft_order_side = 'buy'")
        database.commit()


def known() -> tuple[float, float | None]:
    """Return stop and filled amount of the only trade as Freqtrade's next query has them."""
    (trade,) = Trade.get_open_trades()
    return trade.stop_loss, trade.orders[0].filled


def test_a_new_trade_is_read_again(path: Path) -> None:
    """Freqtrade's own query keeps what it knows, until that has expired."""
    trade = in_database()
    assert known() == (90.0, 10.0)
    changed_elsewhere(path)
    assert known() == (90.0, 10.0)
    read_again()
    assert known() == (98.0, 9.5)
    assert trade is Trade.get_open_trades()[0]


def test_a_trade_with_a_stop_order_is_not(path: Path) -> None:
    """Its first order was placed, so nothing is read that Freqtrade does not read by itself."""
    trade = in_database()
    trade.orders.append(order_of(trade, 90.0, id=None, ft_order_side="stoploss"))
    Trade.commit()
    assert known() == (90.0, 10.0)
    changed_elsewhere(path)
    read_again()
    assert known() == (90.0, 10.0)


def test_a_change_of_this_thread_stays(path: Path) -> None:
    """What is not written yet is not read over."""
    trade = in_database()
    assert known() == (90.0, 10.0)
    trade.stop_loss = 95.0
    read_again()
    assert known() == (95.0, 10.0)


def test_an_amount_is_read_again(path: Path) -> None:
    """A part that another thread sold is known to the next query, and what else this thread knows stays."""
    trade = in_database()
    trade.orders.append(order_of(trade, 90.0, id=None, ft_order_side="stoploss"))
    Trade.commit()
    assert known() == (90.0, 10.0)
    changed_elsewhere(path)
    with closing(sqlite3.connect(path)) as database:
        database.execute("UPDATE trades SET amount = 5.0")
        database.commit()
    (before,) = Trade.get_open_trades()
    assert before.amount == 10.0
    read_amounts_again()
    assert known() == (90.0, 10.0)
    assert trade.amount == 5.0


def test_an_amount_that_this_thread_changed_stays(path: Path) -> None:
    """What is not written yet is not read over."""
    trade = in_database()
    trade.amount = 7.0
    read_amounts_again()
    assert Trade.get_open_trades()[0].amount == 7.0
