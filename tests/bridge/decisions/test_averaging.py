"""Averaging: the old best price does not count for the new average, engines reset, and the stop in force stays.

Ten lots at 100 under a stop at 97, then ten more at 98.5: the average is 99.25 and the span 2.25, so that the old best
of 101.5 would be one span, and breakeven, 99.40, would be crossed at once.
"""

import pytest
from freqtrade.persistence import Trade

from tests.support.averaging import SPANS, block, bought, buy_more
from tests.support.bot_loops import RecordList
from tests.support.hand_candles import PAIR
from tests.support.host import Host
from tests.support.resting_orders import RestingBot, resting, state_of


def exits(trade: Trade) -> list[str]:
    """Return the tags of the filled exits."""
    return [str(order.ft_order_tag) for order in trade.select_filled_orders(trade.exit_side)]


def test_the_old_best_does_not_count(spot: Host) -> None:
    """After buying at 98.5, the trade stays at 98.5; one span of the new average, 101.5, is breakeven at 99.40."""
    bot, trade = bought(spot, block(SPANS))
    bot.loop(101.5)
    buy_more(bot, 98.5)
    assert (trade.open_rate, trade.amount) == (99.25, 20.0)
    bot.loop(98.5)
    assert (trade.is_open, trade.stop_loss) == (True, 97.0)
    bot.loop(101.49)
    assert trade.stop_loss == 97.0
    bot.loop(101.5)
    assert trade.stop_loss == 99.4


def test_a_short_trade(futures: Host) -> None:
    """Mirrored: 100, 98.5, ten more at 101.5 under a stop at 103."""
    bot, trade = bought(futures, block(SPANS), short=True)
    bot.loop(98.5)
    buy_more(bot, 101.5)
    bot.loop(101.5)
    assert (trade.open_rate, trade.is_open, trade.stop_loss) == (100.75, True, 103.0)
    bot.loop(98.51)
    assert trade.stop_loss == 103.0
    bot.loop(98.5)
    assert trade.stop_loss == 100.59


def test_the_old_best_does_not_come_back_with_a_restart(spot: Host) -> None:
    """Freqtrade still has its `max_rate` of 101.5."""
    bot, trade = bought(spot, block(SPANS))
    bot.loop(101.5)
    buy_more(bot, 98.5)
    for rate in (98.5, 98.6):
        bot = RestingBot(spot, bot.book, robustop=block(SPANS))
        bot.startup()
        bot.analyze(PAIR, 1.0)
        bot.loop(rate)
        assert (trade.is_open, trade.stop_loss) == (True, 97.0)
    assert trade.max_rate == 101.5
    bot.loop(101.6)
    assert trade.stop_loss == 99.4


def test_what_was_seen_before_the_restart_counts_beyond_the_old_maximum(spot: Host) -> None:
    """After the purchase the price reached 102, beyond 101.5: the restarted bot knows it."""
    bot, trade = bought(spot, block(SPANS))
    bot.loop(101.5)
    buy_more(bot, 98.5)
    bot.loop(102.0)
    assert trade.stop_loss == 99.4
    bot = RestingBot(spot, bot.book, robustop=block(SPANS))
    bot.startup()
    bot.analyze(PAIR, 1.0)
    bot.loop(100.0)
    assert (trade.is_open, state_of(bot, trade).memory.best) == (True, 102.0)


@pytest.mark.parametrize("whole", [True, False], ids=["two parts", "part and the rest cancelled"])
def test_a_purchase_that_rests(spot: Host, whole: bool) -> None:
    """Five of ten lots are filled, then the rest or nothing more: the old best of 102 does not count."""
    bot, trade = bought(spot, block(SPANS))
    bot.loop(102.0)
    bot.book.rests = True
    buy_more(bot, 98.5)
    order = resting(trade)
    bot.loop(98.6)
    bot.fill(order, 5.0)
    bot.loop(98.5)
    if whole:
        bot.fill(order)
    else:
        bot.strategy.gives_up = True
    bot.loop(98.5)
    assert trade.open_rate == (99.25 if whole else 99.5)
    bot.loop(98.5)
    assert (trade.is_open, trade.has_open_orders, trade.stop_loss) == (True, False, 97.0)


def test_a_purchase_that_was_filled_while_the_bot_was_down(spot: Host) -> None:
    """The fill is found at startup, and the old best does not count."""
    bot, trade = bought(spot, block(SPANS))
    bot.loop(101.5)
    bot.book.rests = True
    buy_more(bot, 98.5)
    bot.fill(resting(trade))
    bot.book.rests = False
    bot = RestingBot(spot, bot.book, robustop=block(SPANS))
    bot.startup()
    bot.analyze(PAIR, 1.0)
    for _ in range(2):
        bot.loop(98.5)
    assert (trade.open_rate, trade.is_open, trade.stop_loss) == (99.25, True, 97.0)


def test_a_span_that_would_be_too_small_stays(spot: Host) -> None:
    """With an average of 97.10 the span would be 0.1, less than 0.2 percent: it stays 3."""
    bot, trade = bought(spot, block(SPANS, partials=[[2.0, 0.5]]))
    buy_more(bot, 97.05, 580.0)
    assert trade.open_rate == 97.1
    for rate in (97.05, 97.5, 98.0, 100.09):
        bot.loop(rate)
        assert (trade.is_open, trade.stop_loss) == (True, 97.0)
    bot.loop(100.1)
    assert trade.stop_loss == 97.25
    bot.loop(103.09)
    assert exits(trade) == []
    bot.loop(103.1)
    assert exits(trade) == ["robustop_2R"]


@pytest.mark.parametrize(("amount", "entry", "breakeven"), [(300.0, 97.0, 97.15), (500.0, 96.96, 97.11)])
def test_an_average_at_the_initial_stop_or_beyond_it(spot: Host, amount: float, entry: float, breakeven: float) -> None:
    """Filled at 96.9 in a gap, the average is 97, or less: no error, the stop stays, the span stays 3."""
    sink = RecordList()
    bot, trade = bought(spot, block(SPANS), sink=sink)
    bot.book.rests = True
    buy_more(bot, 97.05, amount)
    bot.fill(resting(trade), average=96.9)
    bot.book.rests = False
    for rate in (97.2, 97.5, 98.5, round(entry + 2.99, 2)):
        bot.loop(rate)
        assert (trade.open_rate, trade.is_open, trade.stop_loss) == (entry, True, 97.0)
    bot.loop(round(entry + 3, 2))
    assert trade.stop_loss == breakeven
    assert [record for record in sink.records if record.action == "error"] == []


def test_a_purchase_in_profit(spot: Host) -> None:
    """Best restarts at the fill price, 101.5, which is half a span above the new average of 100.75."""
    bot, trade = bought(spot, block(SPANS, partials=[[2.0, 0.5]]))
    bot.loop(102.9)
    buy_more(bot, 101.5)
    bot.loop(101.5)
    assert (trade.open_rate, trade.stop_loss) == (100.75, 97.0)
    assert state_of(bot, trade).memory.best == 101.5
    bot.loop(108.24)
    assert exits(trade) == []
    bot.loop(108.25)
    assert exits(trade) == ["robustop_2R"]


def test_a_purchase_that_is_reported_again_begins_nothing_anew(spot: Host) -> None:
    """Its fee arrives later: the best of 101.5 since the purchase stays, and so does breakeven at 99.40."""
    bot, trade = bought(spot, block(SPANS))
    buy_more(bot, 98.5)
    bot.loop(100.0)
    order = trade.select_filled_orders(trade.entry_side)[-1]
    with bot.book.behind(bot.exchange):
        bot.bot.update_trade_state(trade, order.order_id, send_msg=False)
    assert (state_of(bot, trade).memory.best, trade.stop_loss) == (100.0, 97.0)
    bot.loop(101.5)
    assert trade.stop_loss == 99.4
