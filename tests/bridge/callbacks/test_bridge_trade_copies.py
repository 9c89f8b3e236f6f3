"""Freqtrade copies a trade for every callback it does not recognize as its own: a backtest avoids these copies."""

from copy import deepcopy
from typing import Any

import pytest
from freqtrade.persistence import LocalTrade
from freqtrade.strategy import IStrategy, interface

from robustop_plugin import RobustopMixin
from robustop_plugin.bridge.decisions.manager import TradeManager
from tests.support.hand_candles import Candle, Hand, Signals, at
from tests.support.host import Host, Played
from tests.support.trades import bought

UP: list[Candle] = [(100.0, 100.4, 99.6, 100.0), (100.0, 106.0, 100.0, 105.0), (105.0, 105.5, 103.0, 103.5)]
SEEN: list[LocalTrade] = []


class Asking(Hand):
    """Has a `custom_exit` of its own, which calls `super()`."""

    def custom_exit(self, pair: str, trade: Any, *args: Any, **kwargs: Any) -> Any:
        """Call `super()`, and record the trade."""
        SEEN.append(trade)
        return super().custom_exit(pair, trade, *args, **kwargs)


class Behind(Signals):
    """A base class behind the mixin with its own exits."""

    def custom_exit(self, pair: str, trade: Any, *args: Any, **kwargs: Any) -> Any:
        """Request no exit, and record the trade."""
        SEEN.append(trade)
        return None


class Before(RobustopMixin, Behind):
    """The mixin in front of that base class."""

    robustop = Hand.robustop


class Old(Hand):
    """Uses the callback's old name."""

    def custom_sell(self, pair: str, trade: Any, *args: Any, **kwargs: Any) -> Any:
        """Request no exit, and record the trade."""
        SEEN.append(trade)


@pytest.fixture(autouse=True)
def _nothing_seen() -> None:
    SEEN.clear()


def shown_to_the_desk(host: Host, monkeypatch: pytest.MonkeyPatch, **over: Any) -> tuple[LocalTrade, list[Any]]:
    """Return a trade, and the objects the manager received when Freqtrade asked for its stop and its exit."""
    shown: list[Any] = []
    for name in ("stop_at", "exit_tag_at"):
        asked = getattr(TradeManager, name)
        monkeypatch.setattr(
            TradeManager,
            name,
            lambda owner, trade, *rest, asked=asked: (shown.append(trade), asked(owner, trade, *rest))[1],
        )
    backtesting = host.backtesting(Hand)
    trade = bought(backtesting)
    if over:
        backtesting.strategy = host.start(Hand, **over)
    shown.clear()
    backtesting.strategy.should_exit(trade, 100.0, at(1), enter=False, exit_=False, low=99.5, high=103.0)
    return trade, shown


def result(played: Played) -> tuple[Any, ...]:
    """Return the result of a backtest: its exit and every stop."""
    return played.trade.close_rate, played.trade.exit_reason, [record["new_stop"] for record in played.records]


def test_a_backtest_shows_the_trade_itself(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """The manager receives Freqtrade's own trade object."""
    trade, shown = shown_to_the_desk(host, monkeypatch)
    assert len(shown) == 2
    assert all(copy is trade for copy in shown)


@pytest.mark.usefixtures("database")
def test_a_bot_keeps_the_protection_of_the_host(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a dry run the manager receives copies."""
    trade, shown = shown_to_the_desk(host, monkeypatch, runmode="dry_run")
    assert len(shown) == 2
    assert all(copy is not trade for copy in shown)


def test_without_the_rule_of_the_host_the_copies_come_back(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Freqtrade that copies for every callback, whatever its name, gets the same stops and passes copies."""
    before = result(host.play(Hand, UP))

    def copying(asked: Any, *rest: Any, **also: Any) -> Any:
        def call(*args: Any, **kwargs: Any) -> Any:
            if "trade" in kwargs:
                kwargs["trade"] = deepcopy(kwargs["trade"])
            return asked(*args, **kwargs)

        return call

    monkeypatch.setattr(interface, "strategy_safe_wrapper", copying)
    # With the switch on, Freqtrade asks for robustop's stop through its wrapper as well.
    trade, shown = shown_to_the_desk(host, monkeypatch, use_custom_stoploss=True)
    assert len(shown) == 2
    assert all(copy is not trade for copy in shown)
    assert result(host.play(Hand, UP)) == before


@pytest.mark.parametrize("strategy", [Asking, Before, Old])
def test_callbacks_of_the_user_are_shown_copies(host: Host, strategy: type[IStrategy]) -> None:
    """If user code would see the trade, before or behind the mixin, Freqtrade's copy stays."""
    backtesting = host.backtesting(strategy)
    trade = bought(backtesting)
    backtesting.strategy.should_exit(trade, 100.0, at(1), enter=False, exit_=False, low=99.5, high=101.0)
    assert SEEN
    assert all(copy is not trade for copy in SEEN)


def test_the_stops_are_the_same_with_and_without_copies(host: Host) -> None:
    """A strategy whose own callback keeps the copies gives the same result as one without."""
    assert result(host.play(Asking, UP)) == result(host.play(Hand, UP))
