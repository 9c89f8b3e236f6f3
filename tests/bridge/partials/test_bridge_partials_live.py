"""A bot with partial exits by limit orders: they rest, are cancelled, and are filled in part.

The entry is 10 at 100 and the stop 98, so that the rungs are at 104, 106 and 108.
"""

from pathlib import Path

import pytest
from freqtrade.persistence import Order, Trade

from tests.support.hand_candles import PAIR, at
from tests.support.host import Host
from tests.support.live_bot import LiveBot
from tests.support.selling_strategies import sold_of, with_partials

pytestmark = pytest.mark.usefixtures("database")

FIFTHS = [[2.0, 0.2], [3.0, 0.2], [4.0, 0.2]]


@pytest.fixture
def bot(host: Host, tmp_path: Path) -> LiveBot:
    """Return a bot whose orders rest."""
    bot = LiveBot(host, tmp_path / "audit")
    bot.rests = True
    return bot


@pytest.fixture
def trade(bot: LiveBot) -> Trade:
    """Return a trade that the bot has bought."""
    return bot.bought()


def resting(trade: Trade) -> Order:
    """Return the only resting order."""
    (order,) = [order for order in trade.orders if order.ft_is_open]
    return order


def test_the_ladder_is_sold_by_the_bot(host: Host, tmp_path: Path) -> None:
    """Half, a quarter and the rest, at the rates of the loops; the last order closes the trade under its tag."""
    bot = LiveBot(host, tmp_path / "audit")
    trade = bot.bought()
    for rate in (101.0, 104.0, 105.0, 106.0, 108.5):
        bot.loop(rate)
    assert sold_of(trade) == [
        ("robustop_2R", 5.0, 104.0),
        ("robustop_3R", 2.5, 106.0),
        ("robustop_take_profit", 2.5, 108.5),
    ]
    assert (trade.is_open, trade.exit_reason) == (False, "robustop_take_profit")
    actions = [action for (action,) in bot.recorded("action") if action != "move"]
    assert actions == ["initial", "reduce", "reduce", "exit", "closed"]


def test_nothing_is_asked_for_while_an_order_rests(bot: LiveBot, trade: Trade) -> None:
    """However high the price, there is one order at a time."""
    for rate in (104.0, 104.5, 106.0, 108.0):
        bot.loop(rate)
    assert bot.asked == [("sell", 5.0)]
    assert trade.amount == 10.0
    assert trade.get_custom_data("robustop")["memory"]["progress"] == [0, False]


def test_what_was_cancelled_is_asked_for_again(bot: LiveBot, trade: Trade) -> None:
    """An order that was never filled has sold nothing."""
    bot.loop(104.0)
    order = resting(trade)
    order.ft_is_open, order.status = False, "canceled"
    Trade.commit()
    bot.loop(104.1)
    assert bot.asked == [("sell", 5.0), ("sell", 5.0)]


def test_a_filled_order_counts_once_it_is_filled(bot: LiveBot, trade: Trade) -> None:
    """Phase and record follow the fill, not the order."""
    bot.loop(104.0)
    assert ("reduce",) not in bot.recorded("action")
    bot.fill(resting(trade))
    assert bot.recorded("action", "phase", "reason")[-1] == ("reduce", "PARTIAL_PROFIT_TAKEN", "robustop_2R")
    bot.loop(104.0)
    assert bot.asked == [("sell", 5.0)]


def test_what_a_cancelled_order_left_is_merged_into_the_next_rung(bot: LiveBot, trade: Trade) -> None:
    """Of 5 at 104 only 2 are sold: at 106 the quarter and the other 3 are due together."""
    bot.loop(104.0)
    bot.fill(resting(trade), 2.0, cancelled=True)
    assert trade.amount == 8.0
    bot.loop(104.0)
    bot.loop(106.0)
    assert bot.asked == [("sell", 5.0), ("sell", 5.5)]


def test_what_was_merged_is_not_owed_again(host: Host, tmp_path: Path) -> None:
    """Of 2 at 104 one is sold, at 106 the other is sold with 2 more, and at 108 two are due again."""
    bot = LiveBot(host, tmp_path / "audit", robustop=with_partials(FIFTHS))
    trade = bot.bought()
    bot.rests = True
    bot.loop(104.0)
    bot.fill(resting(trade), 1.0, cancelled=True)
    bot.rests = False
    bot.loop(106.0)
    bot.loop(108.0)
    assert bot.asked == [("sell", 2.0), ("sell", 3.0), ("sell", 2.0)]
    assert trade.amount == 4.0


def test_what_is_left_twice_is_owed_as_a_whole(host: Host, tmp_path: Path) -> None:
    """One of 2 is left, then two of 3: at 108 two and two are due."""
    bot = LiveBot(host, tmp_path / "audit", robustop=with_partials(FIFTHS))
    trade = bot.bought()
    bot.rests = True
    for rate in (104.0, 106.0):
        bot.loop(rate)
        bot.fill(resting(trade), 1.0, cancelled=True)
    bot.loop(108.0)
    assert [amount for _, amount in bot.asked] == [2.0, 3.0, 4.0]


def test_never_more_is_asked_for_than_there_is(bot: LiveBot, trade: Trade) -> None:
    """Half was sold by someone else, half of the original is due: everything left is sold, and no more."""
    bot.loop(104.0)
    bot.fill(resting(trade), 1.0, cancelled=True)
    bot.rests = False
    bot.loop(107.0)
    bot.loop(108.0)
    assert [amount for _, amount in bot.asked] == [5.0, 6.5, 2.5]
    assert not trade.is_open


def test_a_last_order_that_was_filled_in_part_is_asked_for_again(bot: LiveBot, trade: Trade) -> None:
    """The exit by the rungs rests, half of it is sold and the rest cancelled: the rest is due at once."""
    bot.loop(109.0)
    bot.fill(resting(trade), 4.0, cancelled=True)
    bot.loop(109.0)
    assert bot.asked == [("sell", 10.0), ("sell", 6.0)]
    bot.fill(resting(trade))
    assert (trade.is_open, trade.exit_reason) == (False, "robustop_take_profit")


def test_a_fill_that_is_told_again_is_recorded_once(bot: LiveBot, trade: Trade) -> None:
    """Freqtrade may report the same order any number of times."""
    bot.loop(104.0)
    bot.fill(resting(trade))
    before = bot.recorded("token")
    for _ in range(3):
        bot.strategy.order_filled(pair=PAIR, trade=trade, order=trade.orders[-1], current_time=at(2))
    assert bot.recorded("token") == before


def test_the_stop_is_the_same_at_every_look(bot: LiveBot, trade: Trade) -> None:
    """No full or partial fill and no cancel moves it; the engine does, at 102 and 106."""
    stops = []
    for rate, filled in ((102.5, None), (104.0, 2.0), (104.2, None), (106.0, 3.0), (106.0, None)):
        bot.loop(rate)
        if filled is not None:
            bot.fill(resting(trade), filled, cancelled=True)
        stops.append(trade.stop_loss)
    assert stops == [100.0, 100.0, 100.0, 102.0, 102.0]


@pytest.mark.parametrize(
    ("next_rate", "held", "left"), [(106.0, 102.0, []), (101.5, 102.0, [("trailing_stop_loss", 2.5, 101.5)])]
)
def test_a_stop_decided_at_the_rate_of_a_sale_is_not_lost(
    host: Host, tmp_path: Path, next_rate: float, held: float, left: list[tuple[str, float, float]]
) -> None:
    """The rate jumps to 106 between stop and position checks: three quarters are sold, and 102 holds or exits."""
    bot = LiveBot(host, tmp_path / "audit")
    trade = bot.bought()
    bot.loop(103.0)
    bot.later = 106.0
    bot.loop(103.0)
    assert sold_of(trade) == [("robustop_3R", 7.5, 106.0)]
    bot.later = None
    bot.loop(next_rate)
    assert (trade.stop_loss, sold_of(trade)[1:]) == (held, left)
