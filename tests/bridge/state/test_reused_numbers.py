"""SQLite reuses the id of a deleted trade: everything known of the old trade stays with the old trade.

Two percent below 3000 is 2940, below 60000 it is 58800.
"""

from typing import Any

import pytest
from freqtrade.persistence import Trade

from tests.support.bot_loops import RecordList
from tests.support.host import Host
from tests.support.order_book import MINUTE, Book, Clock
from tests.support.resting_orders import RestingBot, Rests, resting, state_of
from tests.support.resting_settings import BLOCKS, PARTIALS, Shorts

BTC, ETH = "BTC/USDT", "ETH/USDT"
FUTURES = ("BTC/USDT:USDT", "ETH/USDT:USDT")


def started(
    host: Host, block: dict[str, Any], sink: RecordList | None = None, strategy: type[Rests] = Rests
) -> RestingBot:
    """Return a bot for which both pairs are analyzed."""
    bot = RestingBot(host, Book(60000.0), strategy, sink=sink, robustop=block)
    for pair in FUTURES if host.base["trading_mode"] == "futures" else (BTC, ETH):
        bot.analyze(pair, 75.0, 60000.0)
        bot.book.rates[pair] = 60000.0 if pair.startswith("BTC") else 3000.0
    return bot


def bought(bot: RestingBot, pair: str, price: float, *, short: bool = False) -> Trade:
    """Return a trade whose entry was filled in the next loop, at exactly that rate."""
    trade = bot.enter(pair, price, short=short)
    bot.fill(resting(trade))
    bot.loop(**{pair: price})
    return trade


@pytest.mark.parametrize("block", BLOCKS.values(), ids=BLOCKS)
def test_the_number_of_an_entry_that_was_given_up(spot: Host, block: dict[str, Any]) -> None:
    """BTC is cancelled at 59900, and ETH bought at 3000 gets its id: it is not sold, and its stop is 2940."""
    bot = started(spot, block)
    bot.enter(BTC, 59900.0)
    bot.loop()
    bot.strategy.gives_up = True
    bot.loop()
    assert Trade.get_open_trade_count() == 0
    trade = bought(bot, ETH, 3000.0)
    bot.loop(**{ETH: 3001.0})
    assert (trade.id, trade.is_open, len(trade.orders)) == (1, True, 1)
    assert (trade.stop_loss, state_of(bot, trade).position.initial_stop) == (2940.0, 2940.0)


@pytest.mark.parametrize("minutes", [0, 1, 600])
def test_the_number_of_a_trade_that_was_deleted(spot: Host, minutes: int) -> None:
    """ETH is bought at 3000 and deleted by hand; BTC at 60000 gets a stop at 58800, and is sold at 58799."""
    bot = started(spot, PARTIALS)
    bought(bot, ETH, 3000.0).delete()
    Clock.moment += minutes * MINUTE
    trade = bot.enter(BTC, 60000.0)
    bot.fill(resting(trade))
    bot.loop(**{BTC: 60000.0})
    assert (trade.id, trade.stop_loss) == (1, 58800.0)
    bot.book.rests = False
    bot.loop(**{BTC: 58799.0})
    assert not trade.is_open


def test_the_same_pair_again(spot: Host) -> None:
    """BTC at 60000 is deleted, and bought again at 50000, two percent above 49000."""
    bot = started(spot, PARTIALS)
    bought(bot, BTC, 60000.0).delete()
    trade = bought(bot, BTC, 50000.0)
    assert (trade.id, trade.is_open, trade.stop_loss) == (1, True, 49000.0)


def test_a_short_that_gets_the_number_of_a_long(futures: Host) -> None:
    """It is not closed at once, and its stop is two percent above its entry."""
    pair = FUTURES[0]
    bot = started(futures, PARTIALS, strategy=Shorts)
    bought(bot, pair, 60000.0).delete()
    trade = bought(bot, pair, 60000.0, short=True)
    bot.loop(**{pair: 59990.0})
    assert (trade.id, trade.is_open, trade.stop_loss) == (1, True, 61200.0)
    assert state_of(bot, trade).position.side == -1


def test_a_long_that_gets_the_number_of_a_short(futures: Host) -> None:
    """It is not closed at once, and its stop is two percent below its entry."""
    pair = FUTURES[0]
    bot = started(futures, PARTIALS, strategy=Shorts)
    bought(bot, pair, 60000.0, short=True).delete()
    trade = bought(bot, pair, 60000.0)
    bot.loop(**{pair: 60010.0})
    assert (trade.id, trade.is_open, trade.stop_loss) == (1, True, 58800.0)


def test_a_level_that_the_old_trade_has_crossed(spot: Host) -> None:
    """ETH at 3000 reached more than two spans, 3150; deleted below that level, its id is given to ETH at 3000."""
    block = {**PARTIALS, "engines": [{"name": "hand_span"}], "partials": [[20.0, 0.5]]}
    bot = started(spot, block)
    old = bought(bot, ETH, 3000.0)
    bot.loop(**{ETH: 3150.0})
    assert old.stop_loss == 3060.0
    old.delete()
    trade = bought(bot, ETH, 3000.0)
    bot.loop(**{ETH: 2990.0})
    assert (trade.id, trade.is_open, trade.stop_loss) == (1, True, 2940.0)
    assert state_of(bot, trade).memory.best == 3000.0


def test_an_exit_that_was_due_for_the_old_trade(spot: Host) -> None:
    """An exit was decided and rests when the trade is deleted; the new trade with its id is not sold."""
    block = {**PARTIALS, "engines": [{"name": "hand_span"}], "partials": [[20.0, 0.5]]}
    bot = started(spot, block)
    old = bought(bot, ETH, 3000.0)
    bot.loop(**{ETH: 3150.0})
    bot.loop(**{ETH: 3050.0})
    assert old.has_open_orders
    old.delete()
    trade = bought(bot, ETH, 3050.0)
    bot.loop(**{ETH: 3050.0})
    assert (trade.id, trade.is_open, trade.stop_loss) == (1, True, 2989.0)
    assert len(trade.orders) == 1


def test_records_of_the_new_trade_begin_anew(spot: Host) -> None:
    """Each trade has records of its own, numbered from one, with its own pair."""
    sink = RecordList()
    bot = started(spot, PARTIALS, sink)
    bought(bot, ETH, 3000.0).delete()
    bought(bot, BTC, 60000.0)
    recorded = [(record.pair, record.action, record.token) for record in sink.records]
    assert [(pair, action) for pair, action, _ in recorded] == [(ETH, "initial"), (BTC, "initial")]
    opened = [token.split(":") for _, _, token in recorded]
    assert [parts[2] for parts in opened] == ["1", "1"]
    assert opened[0][1] != opened[1][1]


def test_the_state_of_an_entry_that_was_given_up_is_not_read_back(spot: Host) -> None:
    """After a restart, the database has nothing of the old trade either."""
    bot = started(spot, PARTIALS)
    bot.enter(BTC, 59900.0)
    bot.loop()
    bot.strategy.gives_up = True
    bot.loop()
    book, bot = bot.book, RestingBot(spot, bot.book, robustop=PARTIALS)
    bot.startup()
    bot.analyze(ETH, 75.0)
    book.rates[ETH] = 3000.0
    trade = bought(bot, ETH, 3000.0)
    assert (trade.id, trade.is_open, trade.stop_loss) == (1, True, 2940.0)
