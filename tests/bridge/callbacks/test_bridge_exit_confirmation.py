"""Which exits a strategy's `confirm_trade_exit` may refuse: its own, and those at its own stop.

The trade was bought at 100; the initial stop is 98.
"""

from pathlib import Path
from typing import Any, ClassVar

import pytest
from freqtrade.persistence import Trade
from freqtrade.strategy import IStrategy

from robustop_plugin.audit.requests import PANIC, Requests
from tests.support.hand_candles import PAIR, Hand, at
from tests.support.host import Host
from tests.support.resting_bots import ORDERS, Exchange, wants


class Refuses(Hand):
    """Refuses every exit, and has no stop of its own."""

    order_types: ClassVar[dict[str, Any]] = {**ORDERS, "stoploss": "limit"}

    def confirm_trade_exit(self, *args: Any, **kwargs: Any) -> bool:
        """Refuse."""
        return False


class Tightens(Refuses):
    """Places a stop half a percent below the price on request, and otherwise uses robustop's."""

    wants = False
    use_custom_stoploss = True

    def custom_stoploss(self, *args: Any, after_fill: bool, **kwargs: Any) -> float | None:
        """Return a ratio."""
        ours = super().custom_stoploss(*args, after_fill=after_fill, **kwargs)
        return 0.005 if self.wants and not after_fill else ours


class Positional(Tightens):
    """The same, with a signature that makes Freqtrade call it after fills too."""

    def custom_stoploss(
        self,
        pair: str,
        trade: Any,
        current_time: Any,
        current_rate: float,
        current_profit: float,
        after_fill: bool,
        **kwargs: Any,
    ) -> float | None:
        """Return a ratio."""
        return super().custom_stoploss(
            pair, trade, current_time, current_rate, current_profit, after_fill=after_fill, **kwargs
        )


def start(host: Host, path: Path, strategy: type[IStrategy], **over: Any) -> Exchange:
    """Return a bot that has just started."""
    return Exchange(host, path / "audit", strategy, **over)


def passes(bot: Exchange, trade: Trade, reason: str) -> bool:
    """Return whether an exit is confirmed, called as Freqtrade calls it."""
    asked = {"pair": PAIR, "trade": trade, "order_type": "limit", "amount": trade.amount, "rate": 99.0}
    details = {"time_in_force": "GTC", "exit_reason": reason, "sell_reason": reason, "current_time": at(1)}
    return bool(bot.strategy.confirm_trade_exit(**asked, **details))


ALWAYS = ("liquidation", "emergency_exit", "force_exit", "robustop_manual", "robustop_time_stop")
AT_A_STOP = ("stop_loss", "trailing_stop_loss", "stoploss_on_exchange")
OWN = ("exit_signal", "roi", "custom_exit", "mine")


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize(
    ("strategy", "own", "stop", "passing"),
    [
        (Refuses, False, 98.0, (*ALWAYS, *AT_A_STOP)),
        (Positional, False, 98.0, (*ALWAYS, *AT_A_STOP)),
        (Positional, True, 100.0, ALWAYS),
    ],
)
def test_a_stop_is_refused_only_where_it_is_the_strategy_s(
    host: Host, tmp_path: Path, strategy: type[Refuses], own: bool, stop: float, passing: tuple[str, ...]
) -> None:
    """At 100.5 the strategy's own stop is 100, tighter than robustop's 98."""
    bot = start(host, tmp_path, strategy)
    trade = bot.bought()
    bot.strategy.wants = own
    bot.loop(100.5)
    assert trade.stop_loss == stop
    assert tuple(reason for reason in (*ALWAYS, *AT_A_STOP, *OWN) if passes(bot, trade, reason)) == passing


@pytest.mark.usefixtures("database")
def test_a_stop_that_the_host_alone_has_moved_passes(host: Host, tmp_path: Path) -> None:
    """A strategy without a stop of its own cannot refuse a stop."""
    bot = start(host, tmp_path, Refuses)
    trade = bot.bought()
    trade.adjust_stop_loss(101.0, -0.014852)
    assert trade.stop_loss == 99.5
    assert passes(bot, trade, "stop_loss")


@pytest.mark.usefixtures("database")
def test_a_rounded_stop_passes(host: Host, tmp_path: Path) -> None:
    """A fee moves Freqtrade's stop by a tick: it is still robustop's initial stop."""
    bot = start(host, tmp_path, Positional)
    trade = bot.bought()
    bot.loop(100.5)
    trade.stop_loss = 98.01
    assert passes(bot, trade, "trailing_stop_loss")


@pytest.mark.usefixtures("database")
def test_a_crossed_level_passes_whatever_the_host_s_stop_is(host: Host, tmp_path: Path) -> None:
    """The strategy's own stop is at most 97.5, below 98; robustop exits at a level of 99."""
    bot = start(host, tmp_path, Positional, order_types={**ORDERS, "stoploss": "market"})
    trade = bot.bought()
    bot.loop(99.5)
    wants(bot.strategy, trade, 99.0)
    bot.loop(98.9)
    assert (trade.is_open, trade.exit_reason) == (False, "trailing_stop_loss")


def test_a_panic_passes_at_the_strategy_s_own_stop(host: Host, tmp_path: Path, polled_requests: Requests) -> None:
    """The strategy's stop at 100 is refused; after a panic request the next check exits."""
    bot = start(host, tmp_path, Positional)
    trade = bot.bought()
    bot.strategy.wants = True
    for rate in (100.5, 99.9, 99.9):
        bot.loop(rate)
    assert (trade.is_open, len(trade.orders)) == (True, 1)
    polled_requests.ask(PANIC, 1.0, "hack")
    bot.loop(99.9)
    assert (trade.is_open, bot.reasons(trade)) == (False, [("trailing_stop_loss", "market", 99.9)])


@pytest.mark.usefixtures("database")
def test_what_is_not_known_passes(host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error in finding out whose stop it is does not block the exit."""
    bot = start(host, tmp_path, Positional)
    trade = bot.bought()
    monkeypatch.setattr(bot.strategy._robustop.store, "get", lambda _: 1 / 0)
    assert passes(bot, trade, "stop_loss")
