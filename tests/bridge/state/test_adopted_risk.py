"""An adopted trade has the span of its settings; Freqtrade's initial stop is the hard stop, ten percent away.

Two percent below 59900 is 58702, so that the span is 1198 and two spans are at 62296.
"""

from datetime import timedelta
from typing import Any

import pytest
from freqtrade.persistence import Trade

from tests.support.host import Host
from tests.support.order_book import MINUTE, Book, Clock
from tests.support.resting_orders import CANDLES, RestingBot, Rests, candles_of, resting, state_of
from tests.support.resting_settings import BLOCKS, BTC, PARTIALS, PERPETUAL, Shorts

ATR = {**PARTIALS, "initial_stop": {"kind": "atr", "multiplier": 2.0, "period": 14}}
HOUR = 60 * MINUTE


def held(host: Host, block: dict[str, Any], price: float = 59900.0, *, short: bool = False) -> Any:
    """Return a bot and a trade that was filled at a price."""
    pair = PERPETUAL if short else BTC
    bot = RestingBot(host, Book(price), Shorts if short else Rests, robustop=block)
    bot.analyze(pair, 120.0, 60000.0)
    bot.book.rests = False
    trade = bot.enter(pair, price, short=short)
    bot.loop(price)
    return bot, trade


def lost(bot: RestingBot, trade: Trade, block: dict[str, Any]) -> RestingBot:
    """Return the next process, in which the trade's state is missing."""
    trade.session.connection().exec_driver_sql("DELETE FROM trade_custom_data")
    Trade.commit()
    again = RestingBot(bot.host, bot.book, type(bot.strategy), robustop=block)
    again.startup()
    return again


def opened_before(trade: Trade, price: float, *, short: bool = False) -> None:
    """Leave the trade as if it was opened without robustop: with the hard stop only."""
    trade.stop_loss = trade.initial_stop_loss = price * (1.1 if short else 0.9)
    trade.stop_loss_pct = -0.1
    Trade.commit()


@pytest.mark.parametrize("before", [False, True], ids=["lost", "opened before"])
@pytest.mark.parametrize("block", BLOCKS.values(), ids=BLOCKS)
def test_the_span_is_that_of_the_settings(spot: Host, block: dict[str, Any], before: bool) -> None:
    """The stop is 58702, or stays there, and the span is 1198."""
    bot, trade = held(spot, block)
    if before:
        opened_before(trade, 59900.0)
    bot = lost(bot, trade, block)
    bot.analyze(BTC, 120.0, 60000.0)
    bot.loop(59950.0)
    state = state_of(bot, trade)
    assert (trade.stop_loss, state.memory.stop) == (58702.0, 58702.0)
    assert (state.position.entry, state.position.initial_stop) == (59900.0, 58702.0)


def test_two_spans_are_reached(spot: Host) -> None:
    """At 62296 half of it is sold."""
    bot, trade = held(spot, PARTIALS)
    bot = lost(bot, trade, PARTIALS)
    bot.analyze(BTC, 120.0, 60000.0)
    bot.loop(62295.99)
    assert trade.select_filled_orders("sell") == []
    bot.loop(62296.0)
    assert [order.ft_order_tag for order in trade.select_filled_orders("sell")] == ["robustop_2R"]


def test_a_short_trade(futures: Host) -> None:
    """Two percent above 60100 are 61302."""
    bot, trade = held(futures, PARTIALS, 60100.0, short=True)
    opened_before(trade, 60100.0, short=True)
    bot = lost(bot, trade, PARTIALS)
    bot.analyze(PERPETUAL, 120.0, 60000.0)
    bot.loop(60050.0)
    assert (trade.stop_loss, state_of(bot, trade).position.initial_stop) == (61302.0, 61302.0)


def test_the_first_entry_counts_and_not_the_average(spot: Host) -> None:
    """Bought at 60000 and at 59000: two percent from the first are 58800, from the average they would be 58311."""
    bot, trade = held(spot, PARTIALS, 60000.0)
    bot.strategy.buys = trade.amount * 59000.0
    bot.loop(59000.0)
    bot = lost(bot, trade, PARTIALS)
    bot.analyze(BTC, 120.0, 60000.0)
    bot.loop(59510.0)
    state = state_of(bot, trade)
    assert trade.open_rate == 59500.0
    assert (state.position.entry, state.position.initial_stop) == (59500.0, 58800.0)


@pytest.mark.parametrize("reaches_back", [True, False])
def test_the_candles_of_the_entry_count_where_they_are_loaded(spot: Host, reaches_back: bool) -> None:
    """Two ATR of the entry, 120, give 59760; if its candles are gone, two current ATR, 900, give 58200."""
    bot, trade = held(spot, ATR, 60000.0)
    opened_before(trade, 60000.0)
    bot = lost(bot, trade, ATR)
    Clock.moment += HOUR if reaches_back else 10 * HOUR
    step = timedelta(minutes=5)
    last = Clock.moment - step - (Clock.moment - Clock.moment.replace(minute=0, second=0)) % step
    frame = candles_of(60000.0, 900.0, int(last.timestamp())).copy()
    before = frame["date"] < trade.open_date_utc
    frame.loc[before, ["high", "low"]] = [60060.0, 59940.0]
    assert before.sum() in {0, CANDLES - 12}
    bot.feed(BTC, frame)
    bot.loop(60010.0)
    stop = 59760.0 if reaches_back else 58200.0
    assert (trade.stop_loss, state_of(bot, trade).position.initial_stop) == (stop, stop)


def test_no_stop_loosens(spot: Host) -> None:
    """A stop that has reached 61098 stays there."""
    block = {**PARTIALS, "engines": [{"name": "hand_span"}], "partials": [[20.0, 0.5]]}
    bot, trade = held(spot, block)
    bot.loop(62296.0)
    assert trade.stop_loss == 61098.0
    bot = lost(bot, trade, block)
    bot.analyze(BTC, 120.0, 60000.0)
    bot.loop(61500.0)
    assert (trade.stop_loss, trade.is_open) == (61098.0, True)
    bot.loop(63494.0)
    assert trade.stop_loss == 62296.0


def test_a_state_lost_while_an_entry_rests_is_none(spot: Host) -> None:
    """A resting entry has no state to lose: after a restart its fill gets the stop of the settings."""
    bot = RestingBot(spot, Book(60000.0), robustop=PARTIALS)
    trade = bot.enter(BTC, 59900.0)
    bot.loop()
    bot = RestingBot(spot, bot.book, robustop=PARTIALS)
    bot.startup()
    bot.analyze(BTC, 120.0, 60000.0)
    bot.loop()
    bot.fill(resting(trade))
    bot.loop(59905.0)
    assert (trade.stop_loss, state_of(bot, trade).position.initial_stop) == (58702.0, 58702.0)
