"""A process that dies while Freqtrade stores a filled exit: the next one finishes it, and nothing is sold twice.

The entry is 10 at 100 and the stop 98, so that the first rung, a half, is at 104.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

import pytest
from freqtrade.freqtradebot import FreqtradeBot
from freqtrade.persistence import Trade

from robustop_plugin.audit.table import AuditTable, read_table
from robustop_plugin.bridge.decisions.interrupted_fills import uncounted_exit
from tests.support.bots import KEY
from tests.support.hand_candles import PAIR, at
from tests.support.host import Host
from tests.support.live_bot import LiveBot
from tests.support.selling_strategies import sold_of

pytestmark = pytest.mark.usefixtures("database")


@contextmanager
def died_before_counting() -> Iterator[None]:
    """Let Freqtrade store filled orders, and nothing that follows from them."""
    with (
        patch.object(Trade, "update_trade", lambda *_: None),
        patch.object(FreqtradeBot, "_update_trade_after_fill", lambda _, trade, *__: trade),
    ):
        yield


@contextmanager
def died_before_reporting() -> Iterator[None]:
    """Let Freqtrade store and count filled orders, and report none."""
    with patch.object(FreqtradeBot, "_update_trade_after_fill", lambda _, trade, *__: trade):
        yield


def restarted(host: Host, path: Path) -> LiveBot:
    """Return a new process on the same database, at the beginning of its first loop."""
    bot = LiveBot(host, path)
    bot.strategy._robustop.new_loop()
    return bot


def reductions(bot: LiveBot) -> list[tuple[object, ...]]:
    """Return price, reason and phase of the recorded partial exits."""
    found = bot.recorded("action", "price", "reason", "phase")
    return [tuple(record[1:]) for record in found if record[0] == "reduce"]


HALF = [(104.0, "robustop_2R", "PARTIAL_PROFIT_TAKEN")]


def test_a_stored_half_is_counted(host: Host, tmp_path: Path) -> None:
    """Ten less five is five: Freqtrade, asked to recover, would close the trade and leave five without a stop."""
    bot = LiveBot(host, tmp_path / "audit")
    trade = bot.bought()
    with died_before_counting():
        bot.loop(104.0)
    assert (trade.amount, [order.amount for order in trade.orders]) == (10.0, [10.0, 5.0])
    again = restarted(host, tmp_path / "audit")
    assert (trade.amount, trade.is_open) == (5.0, True)
    assert reductions(again) == HALF
    assert trade.get_custom_data(KEY)["memory"]["progress"] == [1, False]
    again.loop(104.0)
    again.loop(104.0)
    assert again.asked == []
    assert sold_of(trade) == [("robustop_2R", 5.0, 104.0)]


def test_a_stored_exit_closes_the_trade(host: Host, tmp_path: Path) -> None:
    """All ten are sold: the trade is closed at that price, recorded once, and nothing is sold again."""
    bot = LiveBot(host, tmp_path / "audit")
    trade = bot.bought()
    with died_before_counting():
        bot.loop(97.0)
    assert (trade.amount, trade.is_open, len(trade.orders)) == (10.0, True, 2)
    again = restarted(host, tmp_path / "audit")
    assert (trade.is_open, trade.close_rate) == (False, 97.0)
    assert [record for record in again.recorded("action", "price") if record[0] == "closed"] == [("closed", 97.0)]
    again.loop(97.0)
    assert again.asked == []


def test_a_counted_half_is_recorded(host: Host, tmp_path: Path) -> None:
    """The amount is right and the fill was not reported: it is recorded by the next process, and by no other."""
    bot = LiveBot(host, tmp_path / "audit")
    trade = bot.bought()
    with died_before_reporting():
        bot.loop(104.0)
    assert trade.amount == 5.0
    assert reductions(bot) == []
    assert reductions(restarted(host, tmp_path / "audit")) == HALF
    assert reductions(restarted(host, tmp_path / "audit")) == HALF


def test_a_close_is_recorded_once(host: Host, tmp_path: Path) -> None:
    """Freqtrade's recovery reports all orders of a trade, although the first of them has closed it."""
    bot = LiveBot(host, tmp_path / "audit")
    trade = bot.bought()
    bot.loop(104.0)
    bot.loop(99.0)
    assert not trade.is_open
    for order in trade.orders:
        bot.strategy.order_filled(pair=PAIR, trade=trade, order=order, current_time=at(9))
    lines = (tmp_path / "audit").read_text(encoding="utf-8").splitlines()
    assert sum('"action": "closed"' in line for line in lines) == 1


def with_table(host: Host, path: Path) -> LiveBot:
    """Return a new process, whose audit is the table of the trade database."""
    bot = LiveBot(host, path)
    bot.strategy._robustop.recorder.sink = AuditTable(Trade.session.get_bind)
    return bot


def closes() -> list[tuple[object, ...]]:
    """Return price, stop and reason of the stored closes."""
    records = read_table(Trade.session.get_bind())
    return [
        (record["price"], record["new_stop"], record["reason"]) for record in records if record["action"] == "closed"
    ]


def test_a_close_that_was_not_reported_is_recorded(host: Host, tmp_path: Path) -> None:
    """Freqtrade has closed the trade and its process died: the next one records it, and later ones do not again."""
    bot = with_table(host, tmp_path / "audit")
    trade = bot.bought()
    bot.strategy._robustop.new_loop()
    with died_before_reporting():
        bot.loop(97.0)
    assert not trade.is_open
    bot.strategy._robustop.recorder.flush()
    assert closes() == []
    for _ in range(3):
        with_table(host, tmp_path / "audit").strategy._robustop.new_loop()
        assert closes() == [(97.0, 98.0, "stop_loss")]


def test_a_recorded_close_is_not_recorded_again(host: Host, tmp_path: Path) -> None:
    """A restart after a trade that ended in order writes nothing."""
    bot = with_table(host, tmp_path / "audit")
    bot.bought()
    bot.strategy._robustop.new_loop()
    bot.loop(97.0)
    before = list(read_table(Trade.session.get_bind()))
    assert closes() == [(97.0, 98.0, "stop_loss")]
    with_table(host, tmp_path / "audit").strategy._robustop.new_loop()
    assert list(read_table(Trade.session.get_bind())) == before


def test_a_trade_in_order_is_left_alone(host: Host, tmp_path: Path) -> None:
    """A restart after a sale, or before any, changes neither amount nor records."""
    bot = LiveBot(host, tmp_path / "audit")
    trade = bot.bought()
    for rate, amount in ((101.0, 10.0), (104.0, 5.0)):
        bot.loop(rate)
        before = bot.recorded("token")
        again = restarted(host, tmp_path / "audit")
        assert (trade.amount, again.recorded("token")) == (amount, before)


def test_an_amount_without_fees_is_counted(host: Host, tmp_path: Path) -> None:
    """Fees in coins and rounding make amounts differ a little: that is no uncounted exit."""
    bot = LiveBot(host, tmp_path / "audit")
    trade = bot.bought()
    bot.loop(104.0)
    for amount in (4.99, 5.0, 5.01):
        trade.amount = amount
        assert uncounted_exit(trade) is None


def test_a_failure_does_not_end_the_loop(host: Host, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """What cannot be looked at is logged, and the bot goes on."""
    bot = LiveBot(host, tmp_path / "audit")
    bot.bought()
    with patch("robustop_plugin.bridge.decisions.fills.uncounted_exit", side_effect=ValueError("no")):
        again = restarted(host, tmp_path / "audit")
    assert "the last sale of trade" in caplog.text
    again.loop(97.0)
    assert again.asked == [("sell", 10.0)]
