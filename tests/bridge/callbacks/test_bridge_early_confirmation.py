"""A strategy's `confirm_trade_exit` is asked before Freqtrade cancels a stop order that blocks the coins.

The trade is 10 at 100 and the initial stop 98.
"""

from pathlib import Path
from typing import Any

import pytest

from tests.support.host import Host
from tests.support.stop_orders import OnExchange, StopOrderBot

pytestmark = pytest.mark.usefixtures("database")


class Wants(OnExchange):
    """Wants to exit in every loop, and confirms it if the test says so.

    Attributes:
        confirms: the answer.
        asked: reason, amount and price of each question.
    """

    confirms = False
    asked: list[tuple[str, float, float]]

    def bot_start(self, **kwargs: Any) -> None:
        """Start with no question."""
        self.asked = []

    def custom_exit(self, *args: Any, **kwargs: Any) -> str | None:
        """Exit."""
        return super().custom_exit(*args, **kwargs) or "mine"

    def confirm_trade_exit(self, *args: Any, exit_reason: str, amount: float, rate: float, **kwargs: Any) -> bool:
        """Answer, and record the question."""
        self.asked.append((exit_reason, amount, rate))
        return self.confirms


def test_a_refused_exit_leaves_the_stop_where_it_is(host: Host, tmp_path: Path) -> None:
    """The standing exit is refused in every loop, and the stop order is never canceled."""
    bot = StopOrderBot(host, tmp_path / "audit", Wants)
    trade = bot.bought()
    for _ in range(3):
        bot.loop(100.0)
    assert (bot.calls, bot.live_stops, trade.is_open) == (["stop"], [98.0], True)
    assert bot.strategy.asked == [("mine", 10.0, 100.0)] * 3


def test_a_confirmed_exit_is_made(host: Host, tmp_path: Path) -> None:
    """Freqtrade asks again, and the exit is made once."""
    bot = StopOrderBot(host, tmp_path / "audit", Wants)
    trade = bot.bought()
    bot.strategy.confirms = True
    bot.loop(100.0)
    assert (bot.calls, bot.left(trade), trade.is_open) == (["stop", "cancel", "exit"], [("mine", "market")], False)
    assert bot.strategy.asked == [("mine", 10.0, 100.0)] * 2


def test_a_protective_exit_is_not_refused(host: Host, tmp_path: Path) -> None:
    """The guard's exit goes first and the answer does not count."""
    bot = StopOrderBot(host, tmp_path / "audit", Wants)
    trade = bot.bought()
    bot.loop(100.0)
    bot.fills = False
    bot.loop(95.0)
    bot.loop(95.0)
    assert bot.left(trade) == [("robustop_stop_guard", "market")]
    assert not trade.is_open


def test_only_where_the_stop_blocks_the_coins(host: Host, tmp_path: Path) -> None:
    """Elsewhere Freqtrade cancels nothing for an exit, and asks as it would alone."""
    bot = StopOrderBot(host, tmp_path / "audit", Wants, blocks=False)
    trade = bot.bought()
    bot.loop(100.0)
    assert (bot.calls, bot.live_stops, trade.is_open) == (["stop"], [98.0], True)
    assert bot.strategy.asked == [("mine", 10.0, 100.0)]
