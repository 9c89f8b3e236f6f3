"""Freqtrade's own emergency exit, after the exchange refused a stop order: only beyond the stop.

The initial stop is 98 for a long trade at 100.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from freqtrade.persistence import Trade

from tests.support.hand_candles import PAIR, at
from tests.support.host import Host
from tests.support.stop_orders import OnExchange, StopOrderBot

pytestmark = pytest.mark.usefixtures("database")


class Refuses(OnExchange):
    """Refuses every exit."""

    def confirm_trade_exit(self, *args: Any, **kwargs: Any) -> bool:
        """Refuse."""
        return False


def passes(bot: StopOrderBot, trade: Trade, rate: float, reason: str = "emergency_exit") -> bool:
    """Return whether an exit is confirmed at a rate, called as Freqtrade calls it; the order's price is the stop."""
    asked = {"pair": PAIR, "trade": trade, "order_type": "market", "amount": trade.amount, "rate": trade.stop_loss}
    details = {"time_in_force": "GTC", "exit_reason": reason, "sell_reason": reason, "current_time": at(1)}
    bot.rate = rate
    with bot.at_rate():
        return bool(bot.strategy.confirm_trade_exit(**asked, **details))


@pytest.mark.parametrize("strategy", [OnExchange, Refuses])
@pytest.mark.parametrize(("rate", "expected"), [(98.01, False), (98.0, True), (97.0, True)])
def test_only_beyond_the_stop(host: Host, tmp_path: Path, strategy: type, rate: float, expected: bool) -> None:
    """The price decides, not the order's, and not the strategy."""
    bot = StopOrderBot(host, tmp_path / "audit", strategy)
    assert passes(bot, bot.bought(), rate) is expected


def test_a_short_trade(host: Host, tmp_path: Path) -> None:
    """Its stop is above the price."""
    bot = StopOrderBot(host, tmp_path / "audit", type("Shorts", (OnExchange,), {"can_short": False}))
    trade = bot.bought(is_short=True)
    assert [passes(bot, trade, rate) for rate in (101.99, 102.0, 103.0)] == [False, True, True]


def test_an_unknown_price(host: Host, tmp_path: Path) -> None:
    """If nobody knows where the price is, the position is sold as Freqtrade alone would."""
    bot = StopOrderBot(host, tmp_path / "audit", OnExchange)
    assert passes(bot, bot.bought(), float("nan"))


@pytest.mark.parametrize("reason", ["force_exit", "liquidation", "robustop_manual", "mine"])
def test_other_exits_are_not_asked_for_a_price(host: Host, tmp_path: Path, reason: str) -> None:
    """Where the strategy refuses nothing, every other exit is made at any price."""
    bot = StopOrderBot(host, tmp_path / "audit", OnExchange)
    trade = bot.bought()
    assert passes(bot, trade, 100.0, reason)


def test_it_is_reported_once(host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One message until a stop order rests again."""
    bot = StopOrderBot(host, tmp_path / "audit", OnExchange)
    trade, sent = bot.bought(), list[str]()
    send: Callable[..., None] = lambda text, **_: sent.append(text)  # noqa: E731
    monkeypatch.setattr(bot.strategy.dp, "send_msg", send)
    for _ in range(3):
        assert not passes(bot, trade, 100.0)
    assert len(sent) == 1
    assert "HAND/USDT long (trade 1): the exchange refused its stop order, and the bot checks the stop 98" in sent[0]
    bot.loop(100.0)
    assert bot.live_stops == [98.0]
    assert not passes(bot, trade, 100.0)
    assert len(sent) == 2
