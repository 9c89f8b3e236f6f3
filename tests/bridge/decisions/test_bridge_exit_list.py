"""How robustop's exits are placed: first in Freqtrade's list, under its exit types, and so with which order type.

The trade was bought at 100; the initial stop is 98.
"""

from pathlib import Path
from typing import Any

import pytest
from freqtrade.enums import ExitCheckTuple, ExitType
from freqtrade.persistence import PairLocks
from freqtrade.plugins.protectionmanager import ProtectionManager

from robustop_plugin.audit.requests import PANIC, Requests
from tests.support.bots import Bot
from tests.support.hand_candles import BLOCK, Candle, Hand, at
from tests.support.host import Host
from tests.support.resting_bots import ORDERS, Exchange, Limits, wants
from tests.support.trades import bought

GUARD = [{"method": "StoplossGuard", "lookback_period_candles": 60, "trade_limit": 1, "stop_duration_candles": 60}]
AT_CLOSES = {**BLOCK, "anchor": "candle"}
GAP: list[Candle] = [(100.0, 104.5, 99.5, 104.4), (99.0, 99.5, 98.6, 99.2), *[(99.2, 99.3, 99.1, 99.2)] * 4]
"""Two spans lock 102 at the close; the next candle opens beyond that and above the stop of 98, at a loss."""


@pytest.mark.parametrize(
    ("stoploss", "emergency", "panics", "left"),
    [
        ("market", None, False, ("trailing_stop_loss", "market")),
        ("limit", None, False, ("trailing_stop_loss", "limit")),
        ("limit", None, True, ("robustop_emergency", "market")),
        ("market", "limit", True, ("robustop_emergency", "limit")),
    ],
)
def test_the_exit_type_chooses_the_order(
    host: Host, tmp_path: Path, polled_requests: Requests, stoploss: str, emergency: str | None, panics: bool, left: Any
) -> None:
    """A crossed level uses the stop's order type; a panic the emergency's, which is market by default."""
    more = {} if emergency is None else {"emergency_exit": emergency}
    bot = Exchange(host, tmp_path / "audit", Limits, order_types={**ORDERS, "stoploss": stoploss, **more})
    trade = bot.bought()
    bot.loop(99.5)
    if panics:
        polled_requests.ask(PANIC, 1.0, "hack")
    wants(bot.strategy, trade, 99.0)
    bot.loop(98.9 if not panics else 99.4)
    assert [order[:2] for order in bot.reasons(trade)] == [left]


def test_time_that_is_up_leaves_by_the_strategy_s_own_kind_of_order(
    host: Host, tmp_path: Path, polled_requests: Requests
) -> None:
    """A time stop is not an emergency."""
    bot = Exchange(host, tmp_path / "audit", Limits, robustop={**BLOCK, "time_stop_hours": 1.0})
    trade = bot.bought()
    bot.loop(100.5)
    assert bot.reasons(trade) == [("robustop_time_stop", "limit", 100.5)]


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("exit_", [False, True])
@pytest.mark.parametrize("flags", [{}, {"use_exit_signal": False}, {"exit_profit_only": True}])
def test_flags_of_exit_signals_stop_none_of_robustop_s_exits(
    host: Host, tmp_path: Path, flags: dict[str, bool], exit_: bool
) -> None:
    """A crossed level comes first and once, whatever the settings of the strategy's own exits, which follow it."""
    bot = Bot(host, tmp_path / "audit")
    trade = bot.bought()
    bot.look(trade, 99.5)
    wants(bot.strategy, trade, 99.0)
    for name, value in flags.items():
        setattr(bot.strategy, name, value)
    exits = bot.strategy.should_exit(trade, 98.9, at(2), enter=False, exit_=exit_)
    own = [ExitCheckTuple(ExitType.EXIT_SIGNAL)] if exit_ and not flags else []
    assert exits == [ExitCheckTuple(ExitType.TRAILING_STOP_LOSS), *own]


@pytest.mark.parametrize("flags", [{}, {"use_exit_signal": False}, {"exit_profit_only": True}])
def test_flags_of_exit_signals_stop_no_time_stop_of_a_backtest(host: Host, flags: dict[str, bool]) -> None:
    """Time is up at a loss, beside an exit signal: robustop's exit is first, and listed once."""
    backtesting = host.backtesting(Hand, robustop={**BLOCK, "time_stop_hours": 0.25})
    strategy, trade = backtesting.strategy, bought(backtesting)
    for name, value in flags.items():
        setattr(strategy, name, value)
    look = {"low": 99.0, "high": 99.6}
    first, *others = strategy.should_exit(trade, 99.5, at(3), enter=False, exit_=True, **look)
    assert first == ExitCheckTuple(ExitType.CUSTOM_EXIT, "robustop_time_stop")
    assert [exit_.exit_type for exit_ in others] == [ExitType.EXIT_SIGNAL] * (not flags)
    assert strategy.should_exit(trade, 99.5, at(4), enter=False, exit_=False, **look) == [first]


def test_a_caller_of_custom_exit_is_told_the_exit(host: Host, tmp_path: Path, database: None) -> None:
    """A caller of `custom_exit` at the moment of a decision gets its tag."""
    bot = Bot(host, tmp_path / "audit")
    trade = bot.bought()
    bot.look(trade, 99.5)
    wants(bot.strategy, trade, 99.0)
    bot.look(trade, 98.9, 2)
    tags = [bot.strategy.custom_exit(trade.pair, trade, at(moment), 98.9, -0.011) for moment in (2, 3)]
    assert tags == ["trailing_stop_loss", None]


@pytest.mark.usefixtures("database")
def test_in_a_bot_a_stop_that_is_hit_goes_before_an_exit_signal(host: Host, tmp_path: Path) -> None:
    """Both are due at the same price; the signal's order may rest."""
    bot = Bot(host, tmp_path / "audit")
    trade = bot.bought()
    exits = bot.strategy.should_exit(trade, 97.9, at(1), enter=False, exit_=True)
    assert exits == [ExitCheckTuple(ExitType.STOP_LOSS), ExitCheckTuple(ExitType.EXIT_SIGNAL)]


def test_a_panic_does_not_wait_for_a_stop_that_rests(host: Host, tmp_path: Path, polled_requests: Requests) -> None:
    """The stop is hit and its limit order rests; the next check exits at market for the same reason."""
    bot = Exchange(host, tmp_path / "audit", Limits, order_types={**ORDERS, "stoploss": "limit"})
    trade = bot.bought()
    polled_requests.ask(PANIC, 1.0, "hack")
    bot.loop(97.5)
    bot.loop(97.4)
    assert bot.reasons(trade) == [("stop_loss", "limit", 97.5), ("stop_loss", "market", 97.4)]
    assert not trade.is_open


class Guarded(Hand):
    """Blocks entries after one stop at a loss."""

    protections = GUARD


@pytest.mark.parametrize("enabled", [False, True])
def test_the_stoploss_guard_of_a_backtest_counts_a_crossed_level(host: Host, enabled: bool) -> None:
    """The level is crossed at 99 in the second candle; the fourth candle's entry is made only without the guard."""
    played = host.play(Guarded, GAP, robustop=AT_CLOSES, signals=(0, 3), enable_protections=enabled)
    first, *others = played.trades
    assert (first.close_rate, first.exit_reason, first.close_date_utc) == (99.0, "trailing_stop_loss", at(1))
    assert first.stop_loss == 98.0
    assert [trade.open_date_utc for trade in others] == [at(3)] * (not enabled)


def test_the_stoploss_guard_of_a_bot_counts_a_crossed_level(
    host: Host, tmp_path: Path, polled_requests: Requests
) -> None:
    """A level that Freqtrade was not told is crossed: every pair is locked."""
    PairLocks.timeframe = "5m"
    bot = Exchange(host, tmp_path / "audit", Limits)
    bot.bot.protections = ProtectionManager(bot.strategy.config, GUARD)
    del bot.bot.handle_protections
    trade = bot.bought()
    bot.loop(99.5)
    assert not PairLocks.is_global_lock()
    wants(bot.strategy, trade, 99.0)
    bot.loop(98.9)
    assert (trade.is_open, trade.exit_reason, trade.stop_loss) == (False, "trailing_stop_loss", 98.0)
    assert PairLocks.is_global_lock()
