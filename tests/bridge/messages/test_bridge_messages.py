"""The messages of a bot about its trades: one for each event, over restarts as well, and none equal to another trade's.

A trade is 10 at 100 with the stop at 98: R is 2 in price and 20 in money. One span locks breakeven at 100.15, two spans
lock 102.
"""

from pathlib import Path
from typing import Any

import pytest
from freqtrade.persistence import Trade

from robustop_plugin.settings.events import EVENTS
from tests.support.bots import Bot
from tests.support.hand_candles import BLOCK, at
from tests.support.host import Host
from tests.support.live_bot import LiveBot
from tests.support.selling_strategies import Sells, with_partials

ALL = list(EVENTS)


class Channel:
    """Starts bots one after another on the same database, and collects what they send."""

    def __init__(self, host: Host, path: Path) -> None:
        """Start with nothing sent."""
        self.host, self.path, self.texts = host, path, []

    def bot(self, **over: Any) -> Bot:
        """Start a bot, or restart it; its messages leave the process with its next loop."""
        Trade.session.expire_all()
        started = Bot(self.host, self.path, **over)
        self.listen(started.strategy)
        return started

    def listen(self, strategy: Any) -> None:
        """Collect what a strategy sends."""
        real = strategy.dp.send_msg

        def send(text: str, **how: Any) -> None:
            self.texts.append(text.removeprefix("robustop: "))
            real(text, **how)

        strategy.dp.send_msg = send

    def about(self, words: str) -> list[str]:
        """Return the messages with these words."""
        return [text for text in self.texts if words in text]


def leave(bot: Any) -> None:
    """Let Freqtrade pass on the messages, as it does at the end of a loop, and begin the next loop."""
    bot.strategy.dp._msg_queue.clear()
    bot.strategy.analyze([])


@pytest.fixture
def channel(host: Host, database: None, tmp_path: Path) -> Channel:
    """Return a channel with a trade database of its own."""
    return Channel(host, tmp_path / "audit.jsonl")


def settings(notify: Any = True, **over: Any) -> dict[str, Any]:
    """Return settings with these messages."""
    return {**BLOCK, "notify": notify, **over}


def test_each_event_has_one_message_in_words_and_money(channel: Channel) -> None:
    """The initial stop, breakeven and a trailing move, each with pair, price, R and money."""
    bot = channel.bot(robustop=settings())
    trade = bot.bought(100.0)
    bot.look(trade, 102.0)
    bot.look(trade, 104.0, 2)
    bot.look(trade, 104.0, 3)
    name = f"HAND/USDT long (trade {trade.id})"
    first, second, third = channel.texts
    ends = "if it is hit, the trade ends at about"
    assert first == f"{name}: the initial stop is 98 (-1.00R); {ends} -20 USDT. It is 2.00 % below the entry at 100"
    assert second == f"{name}: the stop has reached breakeven. It is 100.15 (+0.08R); {ends} +1.5 USDT"
    assert third == f"{name}: the stop moves from 100.15 to 102 (+1.00R); {ends} +20 USDT"


def test_a_restart_sends_no_event_twice(channel: Channel) -> None:
    """A bot that is restarted after every step says each thing once."""
    bot = channel.bot(robustop=settings())
    trade = bot.bought(100.0)
    for candle, price in enumerate((101.0, 102.0, 102.0, 104.0, 103.0), 1):
        leave(bot)
        bot = channel.bot(robustop=settings())
        bot.fill(trade)
        bot.look(trade, price, candle)
        bot.strategy.analyze([])
    assert [len(channel.about(words)) for words in ("initial stop", "breakeven", "moves from")] == [1, 1, 1]
    assert len(channel.texts) == 3


def test_a_restart_catches_up_on_no_message_that_nobody_wants(channel: Channel) -> None:
    """Without a message there is nothing that may be lost; a message about breakeven alone is caught up on."""
    for notify, caught_up in ((["part_sold"], 0), (["breakeven"], 1)):
        bot = channel.bot(robustop=settings(notify))
        trade = bot.bought(100.0)
        bot.look(trade, 102.0)
        channel.bot(robustop=settings(notify)).look(trade, 102.0, 2)
        assert len(channel.about("was stopped before")) == caught_up


def test_what_may_not_have_left_is_caught_up_after_a_restart(channel: Channel) -> None:
    """A bot that dies before its loop ends says where the trade stands, and only then."""
    bot = channel.bot(robustop=settings())
    trade = bot.bought(100.0)
    bot.look(trade, 102.0)
    bot = channel.bot(robustop=settings())
    bot.look(trade, 102.0, 2)
    (text,) = channel.about("was stopped before")
    assert f"trade {trade.id}" in text
    assert "The stop is 100.15 (+0.08R)" in text
    assert [len(channel.about(words)) for words in ("initial stop is", "has reached breakeven")] == [1, 1]
    leave(bot)
    bot = channel.bot(robustop=settings())
    bot.look(trade, 102.0, 3)
    assert len(channel.about("was stopped before")) == 1


def test_two_trades_never_say_the_same(channel: Channel) -> None:
    """Freqtrade drops a text that it has sent in the candle: two equal trades differ by their numbers."""
    bot = channel.bot(robustop=settings())
    trades = [bot.bought(100.0) for _ in range(3)]
    for price in (102.0, 104.0):
        for trade in trades:
            bot.look(trade, price)
    assert len(set(channel.texts)) == len(channel.texts) == 9
    assert len(bot.strategy.dp._msg_queue) == 9


@pytest.mark.parametrize(
    ("notify", "words"),
    [
        (False, []),
        ([], []),
        (["trail"], ["moves from"]),
        (["breakeven", "trail"], ["has reached breakeven", "moves from"]),
        (True, ["initial stop", "has reached breakeven", "moves from"]),
        (None, ["initial stop", "has reached breakeven"]),
    ],
)
def test_the_setting_chooses(channel: Channel, notify: Any, words: list[str]) -> None:
    """A list of names, all, none, or by default the important ones."""
    bot = channel.bot(robustop=BLOCK if notify is None else settings(notify))
    trade = bot.bought(100.0)
    bot.look(trade, 102.0)
    bot.look(trade, 104.0, 2)
    assert len(channel.texts) == len(words)
    assert all(word in text for word, text in zip(words, channel.texts, strict=True))


def test_one_pair_may_be_quiet(channel: Channel) -> None:
    """`pairs` overrides the messages about the trades of a pair."""
    bot = channel.bot(robustop=settings(pairs={"HAND/USDT": {"notify": False}}))
    bot.look(bot.bought(100.0), 102.0)
    assert channel.texts == []


def test_a_short_trade_is_described_as_one(channel: Channel) -> None:
    """Its stop is above the entry, and a stop below the entry is breakeven."""
    bot = channel.bot(robustop=settings())
    trade = bot.bought(100.0, is_short=True, stop_loss=110.0, initial_stop_loss=110.0)
    bot.look(trade, 98.0)
    first, second = channel.texts
    assert first.startswith(f"HAND/USDT short (trade {trade.id}): the initial stop is 102 (-1.00R)")
    assert first.endswith("2.00 % above the entry at 100")
    assert "has reached breakeven. It is 99.85 (+0.08R)" in second


def test_an_adopted_trade_is_announced(channel: Channel) -> None:
    """A trade that was found without a state is protected from now on."""
    bot = channel.bot(robustop=settings())
    trade = bot.bought(100.0)
    trade.set_custom_data("robustop", {"schema": "what"})
    bot = channel.bot(robustop=settings())
    bot.look(trade, 100.5)
    assert "found without a state of robustop's" in channel.texts[-1]


def test_a_part_is_announced_when_asked_and_when_sold(host: Host, database: None, tmp_path: Path) -> None:
    """Half of 10 at 104 is two R: asked once, sold once, with what is realized and what is left."""
    channel = Channel(host, tmp_path / "audit.jsonl")
    bot = LiveBot(host, channel.path, Sells, robustop={**with_partials(), "notify": ["part_asked", "part_sold"]})
    channel.listen(bot.strategy)
    trade = bot.bought()
    bot.rests = True
    bot.loop(104.0)
    bot.loop(104.0)
    (asked,) = channel.texts
    name = f"HAND/USDT long (trade {trade.id})"
    assert asked.startswith(f"{name}: the part at 2R is reached, 5 of 10 HAND are to be sold. The stop is ")
    (order,) = [order for order in trade.orders if order.ft_is_open]
    bot.fill(order)
    sold = channel.texts[1]
    assert sold.startswith(f"{name}: the part at 2R was sold at 104 (+2.00R), 20 USDT are realized so far, 5 HAND are")
    bot.strategy.order_filled(pair=trade.pair, trade=trade, order=order, current_time=at(9))
    assert len(channel.texts) == 2


def test_a_backtest_says_nothing(host: Host) -> None:
    """A backtest has no voice at all."""
    manager = host.backtesting(Sells).strategy._robustop
    assert manager.recorder.voice is None
    assert manager.errors.silent


def test_a_message_that_cannot_be_made_stops_nothing(channel: Channel, monkeypatch: pytest.MonkeyPatch) -> None:
    """The stop moves, and its record is written."""
    bot = channel.bot(robustop=settings())
    trade = bot.bought(100.0)

    def broken(*_: Any) -> Any:
        raise RuntimeError("broken on purpose")

    monkeypatch.setattr(Trade, "calculate_profit", broken)
    bot.look(trade, 104.0)
    assert trade.stop_loss == 102.0
    assert bot.strategy._robustop.errors.failures == 0
    assert bot.records("action")[-1] == ("move",)
