"""A partial exit whose answer was lost becomes one of the trade's orders at the beginning of the next loop.

The entry is 10 at 100 and the stop 98, so that the rungs are at 104, 106 and 108: half, a quarter, and the rest.
"""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from freqtrade.exceptions import DependencyException, TemporaryError
from freqtrade.freqtradebot import FreqtradeBot
from freqtrade.persistence import Trade
from freqtrade.util import dt_now, dt_ts
from sqlalchemy.exc import OperationalError

from robustop_plugin.bridge.facts.order_search import OrderSearch
from tests.support.host import Host
from tests.support.live_bot import LiveBot
from tests.support.selling_strategies import sold_of

pytestmark = pytest.mark.usefixtures("database")


class Losing(LiveBot):
    """A bot that loses the answers to sales, and begins each loop as Freqtrade does.

    Attributes:
        loses: True while answers are lost.
        silent: True while the exchange's orders cannot be read.
        on_exchange: the orders of the exchange, as it reports them.
    """

    loses = silent = False

    def __init__(self, host: Host, path: Path, exchange: list[dict[str, Any]] | None = None) -> None:
        """Start at an exchange with these orders."""
        self.on_exchange = [] if exchange is None else exchange
        super().__init__(host, path)
        self.strategy._robustop.partials.pending.search = OrderSearch(self._orders)

    def _orders(self, _: str, since: datetime) -> list[dict[str, Any]]:
        if self.silent:
            raise TemporaryError("503")
        return [order for order in self.on_exchange if order["timestamp"] >= since.timestamp() * 1000]

    def _create(self, *, side: str, amount: float, rate: float, **order: Any) -> dict[str, Any]:
        report = super()._create(side=side, amount=amount, rate=rate, **order)
        self.on_exchange.append({**report, "timestamp": dt_ts(dt_now())})
        if self.loses:
            raise DependencyException("no answer")
        return report

    def loop(self, rate: float) -> None:
        """Begin a loop, and check positions."""
        self.strategy._robustop.new_loop()
        super().loop(rate)

    def replay(self, trade: Trade) -> None:
        """Let Freqtrade go through all orders again, as `/reload_trade` and missing coins make it do."""
        with self.at_rate():
            for report in self.on_exchange:
                self.bot.update_trade_state(trade, report["id"], report, send_msg=False)
        Trade.commit()


@pytest.fixture
def bot(host: Host, tmp_path: Path) -> Losing:
    """Return a bot that has just started."""
    return Losing(host, tmp_path / "audit")


def test_it_is_an_order_of_the_trade(bot: Losing) -> None:
    """With its tag, amount and price: what is left is counted, and nothing is asked for again."""
    trade = bot.bought()
    bot.loses = True
    for _ in range(3):
        bot.loop(104.0)
    assert bot.asked == [("sell", 5.0)]
    assert (trade.amount, trade.is_open) == (5.0, True)
    assert sold_of(trade) == [("robustop_2R", 5.0, 104.0)]
    assert bot.recorded("action", "reason", "price")[-1] == ("reduce", "robustop_2R: answer lost", 104.0)


def test_the_next_rung_is_sold(bot: Losing) -> None:
    """A quarter of the original amount at 106, once."""
    trade = bot.bought()
    bot.loses = True
    bot.loop(104.0)
    bot.loses = False
    for rate in (104.5, 106.0, 106.0):
        bot.loop(rate)
    assert bot.asked == [("sell", 5.0), ("sell", 2.5)]
    assert sold_of(trade) == [("robustop_2R", 5.0, 104.0), ("robustop_3R", 2.5, 106.0)]
    assert trade.amount == 2.5


def test_the_second_rung_after_a_half(bot: Losing) -> None:
    """Freqtrade does not have to recover it: replayed, the first half would count as the exit of the other half."""
    trade = bot.bought()
    bot.loop(104.0)
    bot.loses = True
    bot.loop(106.0)
    assert trade.amount == 5.0
    bot.loop(106.0)
    assert (trade.amount, trade.is_open) == (2.5, True)
    assert sold_of(trade) == [("robustop_2R", 5.0, 104.0), ("robustop_3R", 2.5, 106.0)]


def test_the_last_part_closes_the_trade(bot: Losing) -> None:
    """All of it was sold: the trade is closed, which is recorded once, and nothing is sold again."""
    trade = bot.bought()
    bot.loses = True
    bot.loop(108.0)
    for _ in range(2):
        bot.loop(108.0)
    assert (trade.is_open, trade.close_rate, trade.exit_reason) == (False, 108.0, "robustop_take_profit")
    assert bot.asked == [("sell", 10.0)]
    actions = [action for (action,) in bot.recorded("action")]
    assert (actions.count("closed"), actions.count("reduce")) == (1, 0)


def test_a_new_process_does_the_same(bot: Losing, host: Host, tmp_path: Path) -> None:
    """The request was written before it was made."""
    trade = bot.bought()
    bot.loses = True
    bot.loop(104.0)
    again = Losing(host, tmp_path / "audit", bot.on_exchange)
    again.loop(104.0)
    assert (trade.amount, again.asked) == (5.0, [])
    assert sold_of(trade) == [("robustop_2R", 5.0, 104.0)]


def test_a_silent_exchange_is_asked_again(bot: Losing) -> None:
    """Until it answers, nothing is sold and nothing is changed."""
    trade = bot.bought()
    bot.loses = bot.silent = True
    for _ in range(3):
        bot.loop(104.0)
    assert (trade.amount, bot.asked) == (10.0, [("sell", 5.0)])
    bot.silent = False
    bot.loop(104.0)
    assert (trade.amount, bot.asked) == (5.0, [("sell", 5.0)])


def test_an_unreadable_database_does_not_end_the_loop(
    bot: Losing, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The trades cannot be read: it is logged, and the next loop looks again."""
    trade = bot.bought()
    bot.loses = True
    bot.loop(104.0)
    with monkeypatch.context() as patched:

        def fails(*_: Any, **__: Any) -> Any:
            raise OperationalError("SELECT", {}, Exception("gone"))

        patched.setattr(Trade, "get_trades_proxy", fails)
        bot.strategy._robustop.new_loop()
    assert "the trades could not be looked at" in caplog.text
    bot.loop(104.0)
    assert trade.amount == 5.0


def test_freqtrades_replay_is_what_is_avoided(bot: Losing) -> None:
    """What a replay does to a trade whose half was sold; if Freqtrade changes it, this is no longer needed."""
    trade = bot.bought()
    bot.on_exchange.append({**bot._as_ccxt(trade.orders[0].order_id, "buy", 10.0, 100.0, 10.0, "closed")})
    bot.loop(104.0)
    assert isinstance(bot.bot, FreqtradeBot)
    bot.replay(trade)
    assert (trade.amount, trade.is_open) == (5.0, False)
