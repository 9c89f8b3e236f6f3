"""Partial exits whose answer was lost are not made twice, and refused ones are tried again later and later.

The entry is 10 at 100 and the stop 98, so that the rungs are at 104, 106 and 108: half, a quarter, and the rest.
"""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from freqtrade.exceptions import DependencyException, TemporaryError
from freqtrade.persistence import Order, Trade
from freqtrade.util import dt_now

from robustop_plugin.bridge.facts.order_search import OrderSearch
from tests.support.bot_loops import Loops
from tests.support.hand_candles import PAIR
from tests.support.host import Host
from tests.support.selling_strategies import sold_of

pytestmark = pytest.mark.usefixtures("database")

REFUSED, LOST = "refused", "lost"


class Unreliable(Loops):
    """A bot whose exchange refuses sales, or takes them and loses the answer.

    Attributes:
        fails: what happens to sales; None if they are answered.
        on_exchange: the orders of the exchange, as it reports them.
        searches: how often its orders were searched.
        silent: True if they cannot be searched.
        later: seconds by which the bot's clock is ahead.
    """

    fails: str | None = None
    silent = False

    def __init__(self, *args: Any, **over: Any) -> None:
        """Start with an exchange that has no orders."""
        self.on_exchange: list[dict[str, Any]] = []
        self.searches, self.ahead = 0, 0.0
        super().__init__(*args, **over)
        self.strategy._robustop.partials.pending.search = OrderSearch(self._orders)

    def _orders(self, pair: str, since: datetime) -> list[dict[str, Any]]:
        self.searches += 1
        if self.silent:
            raise TemporaryError("503")
        return [order for order in self.on_exchange if order["since"] >= since.timestamp()]

    def _create(self, *, side: str, amount: float, rate: float, **order: Any) -> dict[str, Any]:
        if self.fails is None:
            return super()._create(side=side, amount=amount, rate=rate, **order)
        self.asked.append((side, amount))
        if self.fails == LOST:
            order_id = f"lost-{len(self.asked)}"
            report = self._as_ccxt(order_id, side, amount, rate, amount, "closed")
            self.on_exchange.append({**report, "since": self.now().timestamp()})
        raise DependencyException("no answer")

    def now(self) -> datetime:
        """Return the bot's time."""
        return dt_now() + timedelta(seconds=self.ahead)

    def loop(self, rate: float) -> None:
        """Check positions at the bot's time."""
        sale_at = self.strategy._robustop.sale_at

        def later(trade: Trade, price: float, _: datetime, min_stake: float) -> Any:
            return sale_at(trade, price, self.now(), min_stake)

        with patch.object(self.strategy._robustop, "sale_at", later):
            super().loop(rate)

    def recover(self, trade: Trade) -> None:
        """Let Freqtrade find the lost orders by itself, which it does without their tags."""
        for report in self.on_exchange:
            order = Order.parse_from_ccxt_object(report, PAIR, report["side"])
            trade.orders.append(order)
            Trade.commit()
            with self.at_rate():
                self.bot.update_trade_state(trade, report["id"], report, send_msg=False)


@pytest.fixture
def bot(host: Host, tmp_path: Path) -> Unreliable:
    """Return a bot that has just started."""
    return Unreliable(host, tmp_path / "audit")


def orders(bot: Unreliable, trade: Trade) -> dict[str, Any]:
    """Return what the state says about orders on the exchange."""
    found: dict[str, Any] = trade.get_custom_data("robustop")["exchange"]
    return found


def test_it_is_written_before_it_is_asked_for(bot: Unreliable) -> None:
    """Rung, time, amount and known orders survive a crash right after the request."""
    trade = bot.bought()
    bot.fails = LOST
    before = bot.now().timestamp()
    bot.loop(104.0)
    ask = orders(bot, trade)["sale"]
    assert (ask["tag"], ask["amount"], ask["known"]) == ("robustop_2R", 5.0, [trade.orders[0].order_id])
    assert before <= ask["asked_at"] <= bot.now().timestamp()


def test_an_answered_sale_is_settled(bot: Unreliable) -> None:
    """The exchange is not searched, and the next rung is sold as ever."""
    trade = bot.bought()
    bot.loop(104.0)
    bot.loop(106.0)
    assert sold_of(trade) == [("robustop_2R", 5.0, 104.0), ("robustop_3R", 2.5, 106.0)]
    assert (bot.searches, orders(bot, trade)["found"]) == (0, {})
    bot.loop(106.0)
    assert orders(bot, trade)["sale"] is None


def test_a_lost_answer_takes_the_rung(bot: Unreliable) -> None:
    """The exchange's filled order is found in the next loop; the half is sold once."""
    trade = bot.bought()
    bot.fails = LOST
    for _ in range(4):
        bot.loop(104.0)
    assert bot.asked == [("sell", 5.0)]
    assert (bot.searches, orders(bot, trade)["found"]) == (1, {"lost-1": "robustop_2R"})
    assert trade.get_custom_data("robustop")["memory"]["progress"] == [1, False]
    assert bot.recorded("action", "reason")[-1] == ("reduce", "robustop_2R: answer lost")


def test_after_the_recovery_the_next_rung_is_sold(bot: Unreliable) -> None:
    """Freqtrade's own recovery has no tag and changes nothing: a quarter is left to sell at 106."""
    trade = bot.bought()
    bot.fails = LOST
    bot.loop(104.0)
    bot.loop(104.0)
    bot.fails = None
    bot.recover(trade)
    assert trade.amount == 5.0
    bot.loop(104.5)
    bot.loop(106.0)
    assert bot.asked == [("sell", 5.0), ("sell", 2.5)]
    assert sold_of(trade)[-1] == ("robustop_3R", 2.5, 106.0)


def test_freqtrade_recovers_first(bot: Unreliable) -> None:
    """An untagged fill of that amount takes the rung, without a search."""
    trade = bot.bought()
    bot.fails = LOST
    bot.loop(104.0)
    bot.fails = None
    bot.recover(trade)
    bot.loop(104.0)
    assert (bot.asked, bot.searches) == ([("sell", 5.0)], 0)
    assert orders(bot, trade)["found"] == {"lost-1": "robustop_2R"}


def test_a_restart_in_between(bot: Unreliable, host: Host, tmp_path: Path) -> None:
    """The next process knows what was asked for, and finds the order."""
    trade = bot.bought()
    bot.fails = LOST
    bot.loop(104.0)
    again = Unreliable(host, tmp_path / "audit")
    again.on_exchange = bot.on_exchange
    again.loop(104.0)
    again.loop(104.0)
    assert (again.asked, orders(again, trade)["found"]) == ([], {"lost-1": "robustop_2R"})


def test_a_refused_sale_is_tried_again_after_a_minute(bot: Unreliable) -> None:
    """Then after two, then after four; each time the exchange is searched first."""
    trade = bot.bought()
    bot.fails = REFUSED
    tries = []
    for second in range(0, 600, 5):
        bot.ahead = second
        before = len(bot.asked)
        bot.loop(104.0)
        if len(bot.asked) > before:
            tries.append(second)
    assert tries == [0, 60, 180, 420]
    assert bot.searches <= 2 * len(tries)
    bot.fails, bot.ahead = None, 1000.0
    bot.loop(104.0)
    bot.loop(104.0)
    assert sold_of(trade) == [("robustop_2R", 5.0, 104.0)]
    bot.loop(104.0)
    assert orders(bot, trade)["refusals"] == 0


def test_while_the_exchange_is_silent_nothing_is_sold(bot: Unreliable) -> None:
    """Whether the order exists is unknown until the exchange answers."""
    trade = bot.bought()
    bot.fails, bot.silent = LOST, True
    for second in range(0, 300, 30):
        bot.ahead = second
        bot.loop(104.0)
    assert bot.asked == [("sell", 5.0)]
    bot.silent = False
    bot.loop(104.0)
    assert orders(bot, trade)["found"] == {"lost-1": "robustop_2R"}


@pytest.mark.parametrize(
    "over",
    [
        {"side": "buy"},
        {"amount": 4.0, "filled": 4.0},
        {"filled": 0.0, "status": "canceled"},
        {"stopPrice": 99.0},
    ],
    ids=["other side", "other amount", "not filled", "a stop"],
)
def test_another_order_is_no_answer(bot: Unreliable, over: dict[str, Any]) -> None:
    """Only a filled order of the same side and amount takes the rung."""
    trade = bot.bought()
    bot.fails = LOST
    bot.loop(104.0)
    bot.on_exchange = [{**order, **over} for order in bot.on_exchange]
    bot.loop(104.0)
    assert orders(bot, trade)["found"] == {}
    assert orders(bot, trade)["refusals"] == 1


def test_the_last_part_is_not_sold_twice(bot: Unreliable) -> None:
    """The exit of the whole position is asked for once, too."""
    trade = bot.bought()
    bot.fails = LOST
    for _ in range(4):
        bot.loop(108.0)
    assert bot.asked == [("sell", 10.0)]
    assert orders(bot, trade)["found"] == {"lost-1": "robustop_take_profit"}
