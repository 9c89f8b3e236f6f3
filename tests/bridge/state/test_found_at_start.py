"""A fill found at startup has no candles yet: the fallback protects at once, the technical stop follows.

Bought at 60000, the fallback of 2 percent is 58800; two ATR of 120 give 59760, two ATR of 900 give 58200.
"""

from typing import Any

import pytest
from freqtrade.persistence import Trade

from tests.support.host import Host
from tests.support.order_book import Book
from tests.support.resting_orders import RestingBot, Rests, resting, state_of
from tests.support.resting_settings import PARTIALS, PLAIN, PORTION, Keeps, Shorts

BTC, PERPETUAL = "BTC/USDT", "BTC/USDT:USDT"
ATR = {"kind": "atr", "multiplier": 2.0, "period": 14}
SWING = {"kind": "swing", "lookback": 10, "buffer_percent": 0.0}
BLOCKS = {"plain": PLAIN, "partials": PARTIALS, "portion": PORTION}


class Columns(Rests):
    """Has its own stop column."""

    def populate_indicators(self, dataframe: Any, metadata: dict[str, Any]) -> Any:
        """Put the stop 0.4 percent below 60000."""
        dataframe["own_stop"] = 59760.0
        return dataframe


def found(host: Host, block: dict[str, Any], strategy: type[Rests], *, short: bool = False) -> tuple[RestingBot, Trade]:
    """Return a bot that has just found a fill at 60000 from while it was down."""
    pair = PERPETUAL if short else BTC
    book = Book(60000.0)
    before = RestingBot(host, book, strategy, robustop=block)
    before.analyze(pair, 120.0, 60000.0)
    trade = before.enter(pair, 60000.0, short=short)
    before.fill(resting(trade))
    bot = RestingBot(host, book, strategy, robustop=block)
    bot.startup()
    assert not trade.has_open_orders
    return bot, trade


@pytest.mark.parametrize("block", BLOCKS.values(), ids=BLOCKS)
def test_the_stop_of_two_atr_follows_with_the_candles(spot: Host, block: dict[str, Any]) -> None:
    """At once 58800, at the first analysis 59760 with a span of 240."""
    strategy = Keeps if block is PLAIN else Rests
    bot, trade = found(spot, {**block, "initial_stop": ATR}, strategy)
    assert trade.stop_loss == 58800.0
    bot.analyze(BTC, 120.0, 60000.0)
    bot.loop(60010.0)
    state = state_of(bot, trade)
    assert (trade.stop_loss, state.memory.stop) == (59760.0, 59760.0)
    assert (state.position.initial_stop, state.memory.atr_at_entry) == (59760.0, 120.0)


def test_no_stop_loosens_when_the_candles_come(spot: Host) -> None:
    """Two ATR of 900 would give 58200: the stop stays at 58800, the span is 1800."""
    bot, trade = found(spot, {**PARTIALS, "initial_stop": ATR}, Rests)
    bot.analyze(BTC, 900.0, 60000.0)
    bot.loop(60010.0)
    state = state_of(bot, trade)
    assert (trade.stop_loss, state.memory.stop) == (58800.0, 58800.0)
    assert (state.position.initial_stop, state.memory.atr_at_entry) == (58200.0, 900.0)
    bot.book.rests = False
    bot.loop(63599.99)
    assert trade.select_filled_orders("sell") == []
    bot.loop(63600.0)
    assert [order.ft_order_tag for order in trade.select_filled_orders("sell")] == ["robustop_2R"]


def test_candles_that_come_late(spot: Host) -> None:
    """The fallback is the stop until candles arrive, in the third loop."""
    bot, trade = found(spot, {**PARTIALS, "initial_stop": ATR}, Rests)
    for _ in range(2):
        bot.loop(60010.0)
        assert trade.stop_loss == 58800.0
    bot.analyze(BTC, 120.0, 60000.0)
    bot.loop(60010.0)
    assert (trade.stop_loss, state_of(bot, trade).position.initial_stop) == (59760.0, 59760.0)


def test_candles_that_come_after_another_restart(spot: Host) -> None:
    """The pending technical stop survives the process."""
    bot, trade = found(spot, {**PARTIALS, "initial_stop": ATR}, Rests)
    bot.loop(60010.0)
    again = RestingBot(spot, bot.book, robustop={**PARTIALS, "initial_stop": ATR})
    again.startup()
    again.analyze(BTC, 120.0, 60000.0)
    again.loop(60010.0)
    state = state_of(again, trade)
    assert (trade.stop_loss, state.position.initial_stop) == (59760.0, 59760.0)
    assert state.memory.atr_at_entry == 120.0


def test_a_price_beyond_the_technical_stop(spot: Host) -> None:
    """At the first analysis the price is 59700: the trade exits at once, as after a fill in a running bot."""
    bot, trade = found(spot, {**PARTIALS, "initial_stop": ATR}, Rests)
    bot.analyze(BTC, 120.0, 60000.0)
    bot.book.rests = False
    bot.loop(59700.0)
    bot.loop(59700.0)
    assert not trade.is_open


def test_a_short_trade(futures: Host) -> None:
    """At once 61200, at the first analysis 60240."""
    bot, trade = found(futures, {**PARTIALS, "initial_stop": ATR}, Shorts, short=True)
    assert trade.stop_loss == 61200.0
    bot.analyze(PERPETUAL, 120.0, 60000.0)
    bot.loop(59990.0)
    state = state_of(bot, trade)
    assert (trade.stop_loss, state.position.initial_stop) == (60240.0, 60240.0)
    assert state.memory.atr_at_entry == 120.0


def test_the_stop_of_a_swing(spot: Host) -> None:
    """The lowest low of the candles is 59760."""
    bot, trade = found(spot, {**PARTIALS, "initial_stop": SWING}, Rests)
    assert trade.stop_loss == 58800.0
    bot.analyze(BTC, 480.0, 60000.0)
    bot.loop(60010.0)
    assert (trade.stop_loss, state_of(bot, trade).position.initial_stop) == (59760.0, 59760.0)


def test_the_stop_of_a_column(spot: Host) -> None:
    """The strategy's own column says 59760."""
    bot, trade = found(spot, {**PARTIALS, "initial_stop": {"kind": "column", "column": "own_stop"}}, Columns)
    assert trade.stop_loss == 58800.0
    bot.analyze(BTC, 480.0, 60000.0)
    bot.loop(60010.0)
    assert (trade.stop_loss, state_of(bot, trade).position.initial_stop) == (59760.0, 59760.0)


def test_a_stop_in_percent_needs_no_candles(spot: Host) -> None:
    """It is the technical stop at once; the entry ATR arrives with the candles, for engines that use it."""
    follows = {"name": "hand_span", "adaptive": {"min_scale": 0.3}}
    percent = {"kind": "percent", "percent": 1.0}
    bot, trade = found(spot, {**PARTIALS, "engines": [follows], "initial_stop": percent}, Rests)
    assert trade.stop_loss == 59400.0
    bot.analyze(BTC, 120.0, 60000.0)
    bot.loop(60010.0)
    state = state_of(bot, trade)
    assert (trade.stop_loss, state.position.initial_stop) == (59400.0, 59400.0)
    assert state.memory.atr_at_entry == 120.0


def test_a_fill_that_is_found_in_the_first_loop_of_a_dry_run(spot: Host) -> None:
    """A dry run does not check its orders at startup: by its first loop the candles are there."""
    block, book = {**PARTIALS, "initial_stop": ATR}, Book(60000.0)
    before = RestingBot(spot, book, live=False, robustop=block)
    trade = before.enter(BTC, 60000.0)
    before.fill(resting(trade))
    bot = RestingBot(spot, book, live=False, robustop=block)
    bot.startup()
    bot.analyze(BTC, 120.0, 60000.0)
    bot.loop(60010.0)
    assert (trade.stop_loss, state_of(bot, trade).memory.atr_at_entry) == (59760.0, 120.0)


def test_a_stop_that_comes_with_the_candles_does_not_wait_for_a_better_price(spot: Host) -> None:
    """One tick below the entry, Freqtrade gets the stop of two ATR as well, as a first stop that does not trail."""
    bot, trade = found(spot, {**PARTIALS, "initial_stop": ATR}, Rests)
    bot.analyze(BTC, 120.0, 60000.0)
    bot.loop(59999.99)
    assert (trade.stop_loss, bool(trade.is_stop_loss_trailing)) == (59760.0, False)
    trade.recalc_trade_from_orders()
    assert trade.stop_loss == 59760.0
