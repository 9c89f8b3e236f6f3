"""A running bot: one exit check at a time, with a trade database and no candles to look into.

The trade was bought at 100; the initial stop is 98, a span 2 and breakeven 100.15.
"""

from pathlib import Path

import pytest
from freqtrade.enums import ExitType
from freqtrade.persistence import Trade

from tests.support.bots import KEY, WIDE, Bot
from tests.support.hand_candles import at, block
from tests.support.host import Host
from tests.support.trades import in_database, order_of

pytestmark = pytest.mark.usefixtures("database")


def test_the_initial_stop_is_the_first_that_the_host_knows(bot: Bot) -> None:
    """The stop is in force right after the fill, even at a rate slightly below the fill."""
    trade = bot.bought()
    assert (trade.stop_loss, trade.is_stop_loss_trailing) == (98.0, False)
    assert bot.records("action", "new_stop") == [("initial", 98.0)]


def test_a_tighter_stop_of_the_host_is_the_initial_one(bot: Bot) -> None:
    """If Freqtrade holds the trade at 99 from the start, the stop is never looser."""
    trade = bot.bought(stop_loss=99.0, initial_stop_loss=99.0)
    assert trade.stop_loss == 99.0
    assert bot.records("action", "new_stop", "reason") == [("initial", 99.0, "hard_stop")]


def test_a_fill_that_is_told_again_changes_nothing(bot: Bot) -> None:
    """Freqtrade may report the same order any number of times."""
    trade = bot.bought()
    bot.look(trade, 102.0)
    before = (trade.stop_loss, trade.get_custom_data(KEY), bot.records("token"))
    for _ in range(3):
        bot.fill(trade)
        bot.strategy.ft_stoploss_adjust(101.0, trade, at(1), 0.01, 0, after_fill=True)
    assert (trade.stop_loss, trade.get_custom_data(KEY), bot.records("token")) == before
    assert trade.stop_loss == 100.15


def test_a_last_exit_that_is_told_again_is_recorded_once(bot: Bot) -> None:
    """The record of the close has one token, however often the order is reported."""
    trade = bot.bought()
    bot.look(trade, 102.0)
    filled = {"ft_is_open": False, "status": "closed", "filled": 10.0, "ft_order_tag": "mine", "id": None}
    trade.orders.append(order_of(trade, 101.0, ft_order_side="sell", side="sell", **filled))
    trade.is_open = False
    for _ in range(3):
        bot.fill(trade, -1)
    assert bot.records("action", "reason") == [("initial", None), ("move", None), ("closed", "mine")]


def test_a_hit_stop_is_the_host_s_own_exit(bot: Bot) -> None:
    """At or below the stop robustop adds no exit of its own."""
    trade = bot.bought()
    assert bot.look(trade, 98.0) == [(ExitType.STOP_LOSS, "stop_loss")]
    bot.look(trade, 102.0, 2)
    assert bot.look(trade, 100.15, 3) == [(ExitType.TRAILING_STOP_LOSS, "trailing_stop_loss")]


def test_a_level_that_time_has_tightened_past_the_price_is_an_exit(host: Host, tmp_path: Path) -> None:
    """Two spans have locked 102; the late trail asks for 104 and the price is 103."""
    bot = Bot(host, tmp_path / "audit", robustop=block(tighten={"after_hours": 0.25, "lag": 0.0}))
    trade = bot.bought()
    assert bot.look(trade, 104.5) == []
    assert bot.look(trade, 103.0, 3) == [(ExitType.TRAILING_STOP_LOSS, "trailing_stop_loss")]
    assert trade.stop_loss == 102.0
    assert bot.look(trade, 103.1, 4) == [(ExitType.TRAILING_STOP_LOSS, "trailing_stop_loss")]
    # At the stop itself Freqtrade no longer asks, and the decision of the check before is not repeated.
    assert bot.look(trade, 102.0, 5) == [(ExitType.TRAILING_STOP_LOSS, "trailing_stop_loss")]
    assert [action for (action,) in bot.records("action")] == ["initial", "move", "exit"]


def test_a_stop_that_the_host_tightened_is_followed(bot: Bot) -> None:
    """A stop set to 99.5 from outside is recorded as Freqtrade's, and nothing loosens it."""
    trade = bot.bought()
    bot.look(trade, 101.0)
    trade.adjust_stop_loss(101.0, -0.014852)
    assert trade.stop_loss == 99.5
    bot.look(trade, 101.5, 2)
    assert trade.stop_loss == 99.5
    assert bot.records("action", "old_stop", "new_stop")[-1] == ("host", 98.0, 99.5)
    assert len(bot.records("token")) == 2


@pytest.fixture
def reset(bot: Bot) -> Trade:
    """Return a checked trade whose stop Freqtrade then reset to the strategy's new stoploss.

    Freqtrade does so at startup if the stoploss was changed and the stop never trailed.
    """
    trade = bot.bought()
    bot.look(trade, 101.0)
    Trade.stoploss_reinitialization(-0.2)
    assert trade.stop_loss == 80.0
    return trade


def test_a_stop_that_the_host_has_reset_is_given_back(bot: Bot, reset: Trade) -> None:
    """The next check above water restores 98."""
    assert bot.look(reset, 101.5, 2) == []
    assert reset.stop_loss == 98.0


def test_nothing_is_published_under_water(bot: Bot, reset: Trade) -> None:
    """Freqtrade would apply the ratio of 99 to the entry at its next fill, giving 98.99: the stop stays virtual."""
    assert bot.look(reset, 99.0, 2) == []
    reset.recalc_trade_from_orders()
    assert reset.stop_loss <= 98.0


def test_a_stop_that_the_host_has_lost_is_exited_by_robustop(bot: Bot, reset: Trade) -> None:
    """The price is beyond the decided stop, which Freqtrade no longer accepts: robustop exits."""
    assert bot.look(reset, 97.0, 2) == [(ExitType.STOP_LOSS, "stop_loss")]
    assert reset.stop_loss == 80.0


def test_no_token_is_used_twice_over_a_restart(host: Host, bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error is recorded, the process dies, and the next process records its move under a new token."""
    trade = bot.bought()
    with monkeypatch.context() as broken:
        broken.setattr(bot.strategy._robustop, "_settings_of", {}.__getitem__)
        bot.look(trade, 101.0)
    assert bot.records("action") == [("initial",), ("error",)]
    restarted = Bot(host, bot.path)
    restarted.look(trade, 102.0, 2)
    assert restarted.records("action") == [("initial",), ("error",), ("move",)]


def test_no_token_is_used_twice_after_an_exit_that_was_not_carried_out(host: Host, bot: Bot) -> None:
    """The exit is recorded, the process dies, the price recovers, and the move gets a new token."""
    bot, trade = Bot(host, bot.path, robustop=WIDE), in_database(max_rate=121.0)
    bot.look(trade, 105.0)
    assert bot.records("action") == [("adopted",), ("exit",)]
    restarted = Bot(host, bot.path, robustop=WIDE)
    restarted.look(trade, 112.0, 2)
    assert restarted.records("action", "new_stop") == [("adopted", 90.0), ("exit", 90.0), ("move", 110.0)]


def test_no_token_is_used_twice_over_an_adoption(host: Host, bot: Bot) -> None:
    """After a corrupt state, the new state continues the sequence of the old records."""
    trade = bot.bought()
    bot.look(trade, 101.0)
    bot.records()
    trade.set_custom_data(KEY, {"schema": 1})
    restarted = Bot(host, bot.path)
    restarted.look(trade, 101.0, 2)
    assert restarted.records("action") == [("initial",), ("adopted",)]
