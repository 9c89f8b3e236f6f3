"""An open trade without a state is adopted, and never gets a looser stop than it has.

The trade was bought at 100 with Freqtrade's stop at 90. The settings put the initial stop at 90 as well, so that the
span is 10 and breakeven 100.15.
"""

import logging
from pathlib import Path

import pytest
from freqtrade.enums import ExitType

from tests.support.bots import KEY, WIDE, Bot
from tests.support.hand_candles import at, block
from tests.support.host import Host
from tests.support.trades import in_database, order_of


@pytest.fixture
def bot(host: Host, database: None, tmp_path: Path) -> Bot:
    """Return a bot with an initial stop ten percent away that has just started."""
    return Bot(host, tmp_path / "audit.jsonl", robustop=WIDE)


LEFT = (ExitType.TRAILING_STOP_LOSS, "trailing_stop_loss")


def test_a_trade_without_a_state_is_adopted(bot: Bot) -> None:
    """At 111 one span is reached, and breakeven is published."""
    trade = in_database()
    assert bot.look(trade, 105.0) == []
    assert trade.stop_loss == 90.0
    assert bot.look(trade, 111.0, 2) == []
    assert trade.stop_loss == 100.15
    state = trade.get_custom_data(KEY)
    assert (state["position"]["entry"], state["position"]["initial_stop"]) == (100.0, 90.0)
    assert (state["memory"]["stop"], state["memory"]["best"]) == (100.15, 111.0)
    assert bot.records("action", "new_stop") == [("adopted", 90.0), ("move", 100.15)]


def test_the_best_price_is_the_extreme_that_the_host_has_seen(bot: Bot) -> None:
    """The maximum of 121 is two spans: at 115 the first one, 110, is locked at once."""
    trade = in_database(max_rate=121.0)
    bot.look(trade, 115.0)
    assert trade.stop_loss == 110.0


def test_a_level_that_the_best_price_asks_for_and_the_price_has_lost_is_an_exit(bot: Bot) -> None:
    """The maximum of 121 asks for 110, and the price is 105."""
    trade = in_database(max_rate=121.0)
    assert bot.look(trade, 105.0) == [LEFT]
    assert trade.stop_loss == 90.0


@pytest.mark.parametrize("max_rate", [None, 0.0, 95.0])
def test_without_an_extreme_the_best_price_is_the_entry(bot: Bot, max_rate: float | None) -> None:
    """A maximum that is missing or below the entry is ignored."""
    trade = in_database(max_rate=max_rate)
    bot.strategy.ft_stoploss_adjust(99.0, trade, at(1), -0.01, 0)
    assert trade.get_custom_data(KEY)["memory"]["best"] == 100.0


def test_a_stop_that_has_trailed_is_kept(bot: Bot) -> None:
    """Freqtrade's stop of 104 stays although breakeven would be 100.15, and the next level continues from it."""
    trade = in_database(stop_loss=104.0, is_stop_loss_trailing=True, max_rate=112.0)
    bot.look(trade, 111.0)
    assert (trade.stop_loss, trade.get_custom_data(KEY)["memory"]["stop"]) == (104.0, 104.0)
    bot.look(trade, 120.0, 2)
    assert trade.stop_loss == 110.0


def test_the_initial_stop_is_that_of_the_settings(host: Host, database: None, tmp_path: Path) -> None:
    """With a hard stop at 90, two percent give a stop at 98, and 104 is the second rung."""
    bot = Bot(host, tmp_path / "audit.jsonl")
    trade = in_database()
    bot.look(trade, 99.0)
    assert trade.get_custom_data(KEY)["position"]["initial_stop"] == 98.0
    assert trade.get_custom_data(KEY)["memory"]["stop"] == 98.0
    bot.look(trade, 104.0, 2)
    assert trade.stop_loss == 102.0


def test_a_trade_beyond_its_initial_stop_is_not_sold_for_being_met(host: Host, database: None, tmp_path: Path) -> None:
    """At 95, below a stop at 98, Freqtrade's stop at 90 stays; back above 98, the span is 2."""
    bot = Bot(host, tmp_path / "audit.jsonl")
    trade = in_database()
    assert bot.look(trade, 95.0) == []
    assert (trade.stop_loss, trade.get_custom_data(KEY)["memory"]["stop"]) == (90.0, 90.0)
    bot.look(trade, 102.0, 2)
    assert trade.stop_loss == 100.15


def test_without_data_the_initial_stop_falls_back(host: Host, database: None, tmp_path: Path) -> None:
    """No ATR gives a span of 2 percent, and the stop in force is not loosened."""
    bot = Bot(host, tmp_path / "audit.jsonl", robustop=block({"kind": "atr"}))
    trade = in_database(initial_stop_loss=105.0, stop_loss=99.0)
    bot.look(trade, 101.0)
    assert trade.stop_loss == 99.0
    assert trade.get_custom_data(KEY)["position"]["initial_stop"] == 98.0
    assert bot.records("action", "reason") == [("adopted", "fallback")]
    bot.look(trade, 102.0, 2)
    assert trade.stop_loss == 100.15


def test_the_initial_stop_is_that_of_the_first_entry(host: Host, database: None, tmp_path: Path) -> None:
    """Ten at 100 and ten at 99: two percent of 100 give a stop at 98, and the span from 99.5 is 1.5."""
    bot = Bot(host, tmp_path / "audit.jsonl")
    trade = in_database()
    filled = {"ft_is_open": False, "status": "closed", "filled": 10.0, "remaining": 0.0, "id": None}
    trade.orders.append(order_of(trade, 99.0, **filled))
    trade.recalc_trade_from_orders()
    bot.look(trade, 99.2)
    assert trade.open_rate == 99.5
    assert trade.get_custom_data(KEY)["position"]["initial_stop"] == 98.0
    bot.look(trade, 101.0, 2)
    assert trade.stop_loss == 99.65


def test_what_was_seen_before_a_later_entry_does_not_count(host: Host, database: None, tmp_path: Path) -> None:
    """Freqtrade's maximum of 103 may be older than the purchase at 99: nothing is sold for it."""
    bot = Bot(host, tmp_path / "audit.jsonl")
    trade = in_database(max_rate=103.0)
    filled = {"ft_is_open": False, "status": "closed", "filled": 10.0, "remaining": 0.0, "id": None}
    trade.orders.append(order_of(trade, 99.0, **filled))
    trade.recalc_trade_from_orders()
    assert bot.look(trade, 99.1) == []
    assert trade.get_custom_data(KEY)["memory"]["best"] == 99.5


def test_a_short_trade_is_adopted_the_other_way_round(bot: Bot) -> None:
    """From 100 with the stop at 110, 89 is one span down and breakeven 99.85."""
    trade = in_database(is_short=True, stop_loss=110.0, initial_stop_loss=110.0)
    bot.look(trade, 89.0)
    assert trade.stop_loss == 99.85


def test_a_newer_schema_is_left_alone(bot: Bot, caplog: pytest.LogCaptureFixture) -> None:
    """The state is not touched and the stop stays, whatever the price does; one message says so."""
    trade = in_database()
    newer = {"schema": 99, "unknown": ["anything"]}
    trade.set_custom_data(KEY, newer)
    with caplog.at_level(logging.ERROR, logger="robustop_plugin"):
        for number, price in enumerate((105.0, 125.0, 150.0, 101.0)):
            assert bot.look(trade, price, number) == []
        trade.is_open = False
        bot.fill(trade)
    assert (trade.stop_loss, trade.get_custom_data(KEY)) == (90.0, newer)
    assert bot.strategy._robustop.errors.failures == 0
    assert caplog.text.count("is left alone") == 1
    assert "upgrade robustop" in caplog.text


def test_a_restart_goes_on_where_it_was(host: Host, bot: Bot, tmp_path: Path) -> None:
    """The next process reads stop and best price from the database, and writes no records of its own."""
    trade = in_database()
    bot.look(trade, 119.0)
    bot.look(trade, 119.5, 2)
    assert Bot(host, tmp_path / "between", robustop=WIDE).strategy._robustop.store.get(trade).memory.best == 119.5
    bot.look(trade, 121.0, 3)
    before = trade.get_custom_data(KEY)
    assert (trade.stop_loss, before["memory"]["best"]) == (110.0, 121.0)
    restarted = Bot(host, tmp_path / "second", robustop=WIDE)
    assert restarted.look(trade, 115.0, 2) == []
    assert (trade.get_custom_data(KEY), trade.stop_loss) == (before, 110.0)
    restarted.strategy._robustop.recorder.flush()
    assert not restarted.path.exists()


def test_an_exit_that_was_not_carried_out_is_decided_again_after_a_restart(
    host: Host, bot: Bot, tmp_path: Path
) -> None:
    """The level of 110 is stored: below it the next process exits at once, though its stop is at 90."""
    trade = in_database(max_rate=121.0)
    assert bot.look(trade, 105.0) == [LEFT]
    trade.max_rate = 100.0
    assert Bot(host, tmp_path / "second", robustop=WIDE).look(trade, 104.0, 2) == [LEFT]
    assert trade.stop_loss == 90.0


def test_an_entry_that_is_told_again_days_later_is_no_new_trade(bot: Bot) -> None:
    """Freqtrade reports an old entry again for a fee: the trade is adopted under its own stop, not sold."""
    trade = in_database()
    bot.fill(trade, candle=600)
    bot.strategy.ft_stoploss_adjust(95.0, trade, at(600), -0.05, 0, after_fill=True)
    assert bot.look(trade, 95.0, 601) == []
    assert trade.stop_loss == 90.0
    assert bot.records("action", "new_stop") == [("adopted", 90.0)]


def test_a_second_entry_of_a_trade_without_a_state_adopts_it(bot: Bot) -> None:
    """A trade from before robustop that is averaged gets the initial stop of its first entry."""
    trade = in_database()
    filled = {"ft_is_open": False, "status": "closed", "filled": 10.0, "remaining": 0.0, "id": None}
    trade.orders.append(order_of(trade, 100.0, **filled))
    bot.fill(trade, -1)
    bot.look(trade, 101.0)
    assert trade.get_custom_data(KEY)["position"]["initial_stop"] == 90.0
    assert bot.records("action") == [("adopted",)]
