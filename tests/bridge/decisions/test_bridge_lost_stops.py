"""Stop orders whose answer was lost are canceled, so that Freqtrade can place its own; others are left alone.

The trade is 10 at 100 and the initial stop 98.
"""

from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import pytest
from freqtrade.exceptions import TemporaryError
from freqtrade.persistence import Trade

from robustop_plugin.bridge.facts.order_search import UnknownOrder
from tests.support.host import Host
from tests.support.stop_orders import OnExchange, StopOrderBot

pytestmark = pytest.mark.usefixtures("database")

LOST = UnknownOrder("lost", "sell", 10.0, 0.0, True, 98.0)


class Search:
    """The resting stop orders that Freqtrade does not know.

    Attributes:
        orders: the orders.
        canceled: identifiers of those that were canceled.
        searches: how often they were searched.
        silent: True if they cannot be searched.
    """

    def __init__(self, *orders: UnknownOrder) -> None:
        """Take the orders."""
        self.orders, self.canceled = list(orders), list[str]()
        self.searches, self.silent = 0, False

    def unknown_orders(self, _: str) -> list[UnknownOrder]:
        """Return the orders."""
        self.searches += 1
        if self.silent:
            raise TemporaryError("503")
        return list(self.orders)

    def cancel(self, order_id: str, _: str) -> None:
        """Cancel one."""
        self.canceled.append(order_id)
        self.orders = [order for order in self.orders if order.order_id != order_id]


def lost(host: Host, path: Path, *orders: UnknownOrder, **over: Any) -> tuple[StopOrderBot, Trade, Search]:
    """Return a bot after a loop in which its stop order was not answered."""
    bot, search = StopOrderBot(host, path / "audit", OnExchange, **over), Search(*orders)
    bot.strategy._robustop.stop_orders.lost.search = search
    trade = bot.bought()
    bot.refusal = TemporaryError("reset")
    bot.loop(100.0)
    bot.refusal = None
    return bot, trade, search


def test_a_lost_order_is_canceled(host: Host, tmp_path: Path) -> None:
    """It is the order that Freqtrade was about to place; the search is made once."""
    bot, _, search = lost(host, tmp_path, LOST)
    bot.strategy._robustop.new_loop()
    bot.loop(100.0)
    bot.strategy._robustop.new_loop()
    assert (search.canceled, search.searches, bot.live_stops) == (["lost"], 1, [98.0])


@pytest.mark.parametrize(
    "order",
    [
        LOST._replace(amount=4.0),
        LOST._replace(side="buy"),
        LOST._replace(stop_price=97.0),
    ],
    ids=["other amount", "other side", "other price"],
)
def test_an_order_of_a_person_is_left_alone(
    host: Host, tmp_path: Path, caplog: pytest.LogCaptureFixture, order: UnknownOrder
) -> None:
    """It is reported once."""
    bot, _, search = lost(host, tmp_path, order)
    bot.strategy._robustop.new_loop()
    bot.refusal = TemporaryError("reset")
    bot.loop(100.0)
    bot.strategy._robustop.new_loop()
    assert (search.canceled, search.searches) == ([], 2)
    assert caplog.text.count("stop order lost of HAND/USDT is not Freqtrade's: it is left alone") == 1


def test_a_search_that_fails_is_made_again(host: Host, tmp_path: Path) -> None:
    """The guard watches the position meanwhile."""
    bot, _, search = lost(host, tmp_path, LOST)
    search.silent = True
    bot.strategy._robustop.new_loop()
    search.silent = False
    bot.strategy._robustop.new_loop()
    assert (search.canceled, search.searches) == (["lost"], 2)


def test_a_silent_exchange_is_asked_once_in_a_loop(host: Host, tmp_path: Path) -> None:
    """Each failing request may take seconds, and the stops of all positions wait for it."""
    bot, _, search = lost(host, tmp_path, LOST)
    for _ in range(3):
        bot.bought()
    bot.refusal = TemporaryError("reset")
    bot.loop(100.0)
    search.silent = True
    bot.strategy._robustop.new_loop()
    assert search.searches == 1
    search.silent = False
    bot.strategy._robustop.new_loop()
    assert search.searches == 1 + 4


def test_nothing_is_searched_while_a_stop_rests(host: Host, tmp_path: Path) -> None:
    """A bot whose orders are all answered makes no request of robustop's."""
    bot = StopOrderBot(host, tmp_path / "audit", OnExchange)
    search = bot.strategy._robustop.stop_orders.lost.search = Search(LOST)
    bot.strategy._robustop.new_loop()
    bot.bought()
    for rate in (100.0, 106.0, 106.0, 105.0):
        bot.strategy._robustop.new_loop()
        bot.loop(rate)
    assert search.searches == 0


def test_what_an_earlier_process_has_lost(host: Host, tmp_path: Path) -> None:
    """The bot was killed before it got the answer: the next one searches before its first loop, and only then."""
    lost(host, tmp_path, LOST)
    again, search = StopOrderBot(host, tmp_path / "audit", OnExchange), Search(LOST)
    again.strategy._robustop.stop_orders.lost.search = search
    for _ in range(3):
        again.strategy._robustop.new_loop()
        again.loop(100.0)
    assert (search.canceled, search.searches, again.live_stops) == (["lost"], 1, [98.0])


def test_the_balances_are_read_once_a_minute(host: Host, tmp_path: Path) -> None:
    """Without a lost order the coins may be gone: Freqtrade looks at its wallets, but not in every loop."""
    bot, _, search = lost(host, tmp_path)
    read = bot.strategy.wallets = MagicMock()
    bot.refusal = TemporaryError("reset")
    for _ in range(3):
        bot.strategy._robustop.new_loop()
        bot.loop(100.0)
    assert (search.searches, read.update.call_count) == (3, 1)


def test_a_trail_that_was_lost(host: Host, tmp_path: Path) -> None:
    """The order at the new stop was taken and its answer lost, after the old one was canceled."""
    bot = StopOrderBot(host, tmp_path / "audit", OnExchange)
    search = bot.strategy._robustop.stop_orders.lost.search = Search()
    trade = bot.bought()
    bot.loop(100.0)
    bot.loop(106.0)
    bot.refusal = TemporaryError("reset")
    bot.loop(106.0)
    assert (bot.live_stops, trade.stop_loss) == ([], 104.0)
    bot.refusal = None
    search.orders = [LOST._replace(stop_price=104.0)]
    bot.strategy._robustop.new_loop()
    bot.loop(106.0)
    assert (search.canceled, bot.live_stops) == (["lost"], [104.0])
