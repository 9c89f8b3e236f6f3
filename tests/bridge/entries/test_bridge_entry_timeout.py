"""An entry order that rests longer than its bracket's timeout is cancelled.

The order is a limit one percent below the open: it waits until a candle falls to 99.
"""

import logging
from datetime import timedelta
from typing import Any

import pytest
from freqtrade.persistence import LocalTrade, Order, Trade
from freqtrade.strategy import IStrategy

from robustop_plugin import RobustopMixin
from tests.support.hand_candles import BLOCK, Candle, Hand, Signals, at
from tests.support.host import Host
from tests.support.trades import bought, in_database, order_of

CALM: Candle = (100.0, 100.5, 99.5, 100.0)
DOWN: Candle = (100.0, 100.5, 98.9, 99.2)
AFTER: Candle = (99.2, 99.5, 99.1, 99.3)
SHOWN: list[Any] = []


def bracket(timeout_seconds: float | None = None) -> dict[str, Any]:
    """Return settings with a bracket that has this timeout, or the default one."""
    timeout = {} if timeout_seconds is None else {"timeout_seconds": timeout_seconds}
    return {**BLOCK, "engines": [{"name": "bracket", **timeout}]}


class Limit(Hand):
    """Enters one percent below the price."""

    def custom_entry_price(self, *args: Any, proposed_rate: float, **kwargs: Any) -> float:
        """Return the limit."""
        return proposed_rate * 0.99


@pytest.mark.parametrize(
    ("timeout", "down", "filled"),
    [
        (600.0, 1, True),
        (601.0, 2, True),
        (600.0, 2, False),  # ten minutes old: cancelled before the candle that would have filled it
        (None, 11, True),
        (None, 12, False),
    ],
)
def test_an_order_that_rests_is_given_up_in_time(host: Host, timeout: float | None, down: int, filled: bool) -> None:
    """The order is cancelled at the open of the candle at which it reaches the bracket's timeout."""
    candles = [CALM] * down + [DOWN] + [AFTER] * 2
    played = host.play(Limit, candles, robustop=bracket(timeout))
    assert [trade.open_rate for trade in played.trades] == [99.0] * filled


def test_without_a_bracket_an_order_rests_for_as_long_as_the_host_lets_it(host: Host) -> None:
    """No other engine cancels an entry."""
    candles = [CALM] * 20 + [DOWN] + [AFTER] * 2
    assert host.play(Limit, candles).trade.open_rate == 99.0


def test_an_order_that_was_given_up_makes_room(host: Host) -> None:
    """After the first order is cancelled at the third candle, that candle's signal places another."""
    played = host.play(Limit, [CALM, CALM, CALM, DOWN, AFTER, AFTER], robustop=bracket(600.0), signals=(0, 2))
    assert played.trade.open_date_utc == at(2)
    assert played.trade.open_rate == 99.0


@pytest.mark.parametrize(("seconds", "late"), [(599, False), (600, True), (3600, True)])
def test_a_bot_gives_it_up(
    host: Host, database: None, caplog: pytest.LogCaptureFixture, seconds: int, late: bool
) -> None:
    """Freqtrade asks in every loop, and the log reports the cancel."""
    strategy = host.start(Limit, runmode="dry_run", robustop=bracket(600.0))
    trade = in_database(amount=0.0)
    order = order_of(trade, 99.0)
    with caplog.at_level(logging.INFO):
        assert strategy.ft_check_timed_out(trade, order, at(0) + timedelta(seconds=seconds)) is late
    assert ("the entry into HAND/USDT was not filled in time" in caplog.text) is late


def test_an_exit_that_rests_is_not_given_up(host: Host, database: None) -> None:
    """A bracket's timeout applies to entries."""
    strategy = host.start(Limit, runmode="dry_run", robustop=bracket(600.0))
    trade = in_database()
    order = order_of(trade, 101.0, ft_order_side="sell", side="sell")
    assert not strategy.ft_check_timed_out(trade, order, at(100))


class Impatient(Signals):
    """Cancels every order at once, under the callback's old or new name."""

    def check_entry_timeout(self, pair: str, trade: Any, order: Order, current_time: Any, **kwargs: Any) -> bool:
        """Record the trade."""
        SHOWN.append(trade)
        return True


class Old(Hand):
    """Uses the callback's old name."""

    def check_buy_timeout(self, pair: str, trade: Any, order: Order, current_time: Any, **kwargs: Any) -> bool:
        """Record the trade."""
        SHOWN.append(trade)
        return True


class Behind(RobustopMixin, Impatient):
    """The mixin in front of that base class."""

    robustop = BLOCK


@pytest.mark.parametrize("strategy", [Behind, Old])
@pytest.mark.parametrize("robustop", [BLOCK, bracket()])
def test_the_strategy_s_own_timeout_is_asked_as_well(
    host: Host, strategy: type[IStrategy], robustop: dict[str, Any]
) -> None:
    """Its answer counts, and it receives a copy of the trade."""
    SHOWN.clear()
    backtesting = host.backtesting(strategy, robustop=robustop)
    trade = bought(backtesting)
    assert backtesting.strategy.ft_check_timed_out(trade, order_of(trade, 99.0), at(1))
    assert SHOWN
    assert SHOWN[0] is not trade


def test_a_backtest_makes_no_copies_for_it(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """The mixin alone receives Freqtrade's own trade."""
    backtesting = host.backtesting(Hand, robustop=bracket())
    shown: list[LocalTrade | Trade] = []
    limits = backtesting.strategy._robustop_entry_limits
    monkeypatch.setattr(limits, "gives_up", lambda trade, order, now: bool(shown.append(trade)))
    trade = bought(backtesting)
    assert not backtesting.strategy.ft_check_timed_out(trade, order_of(trade, 99.0), at(1))
    assert shown[0] is trade


class Deaf(Hand):
    """Overrides `check_entry_timeout` without calling `super()`."""

    def check_entry_timeout(self, *args: Any, **kwargs: Any) -> bool:
        """Return False."""
        return False


def test_an_override_without_super_keeps_no_entry_of_a_bracket(host: Host) -> None:
    """The bracket's timeout acts whatever the strategy's own callback says; without a bracket it alone decides."""
    for robustop, late in ((bracket(), True), (Hand.robustop, False)):
        backtesting = host.backtesting(Deaf, robustop=robustop)
        trade = bought(backtesting)
        assert backtesting.strategy.ft_check_timed_out(trade, order_of(trade, 99.0), at(24)) is late
