"""Overrides that call `super()` are accepted, and one that fails to do so at run time loses no robustop exit."""

import functools
from collections.abc import Callable
from typing import Any

import pytest
from freqtrade.strategy import IStrategy

from robustop_plugin import RobustopMixin
from tests.bridge.callbacks.test_bridge_callbacks import CROSSED, LATE
from tests.support.hand_candles import Candle, Hand, Signals, at
from tests.support.host import Host

CALM: list[Candle] = [(100.0, 100.5, 99.5, 100.0)] * 4


def quiet(callback: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a callback as decorators do."""

    @functools.wraps(callback)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return callback(*args, **kwargs)

    return wrapper


class ByName(Hand):
    """Calls the mixin by name instead of `super()`."""

    def custom_exit(self, pair: str, trade: Any, *args: Any, **kwargs: Any) -> Any:
        """Call the mixin."""
        return RobustopMixin.custom_exit(self, pair, trade, *args, **kwargs)


class Nested(Hand):
    """Calls `super()` from a nested function."""

    def custom_exit(self, pair: str, trade: Any, *args: Any, **kwargs: Any) -> Any:
        """Call `super()`."""

        def ask() -> Any:
            return super(Nested, self).custom_exit(pair, trade, *args, **kwargs)

        return ask()


class Comprehension(Hand):
    """Calls `super()` from a comprehension."""

    def custom_exit(self, pair: str, trade: Any, *args: Any, **kwargs: Any) -> Any:
        """Call `super()`."""
        answers = [super(Comprehension, self).custom_exit(pair, trade, *args, **kwargs) for _ in range(1)]
        return answers[0]


class Decorated(Hand):
    """Calls `super()` behind a decorator."""

    @quiet
    def custom_exit(self, pair: str, trade: Any, *args: Any, **kwargs: Any) -> Any:
        """Call `super()`."""
        return super().custom_exit(pair, trade, *args, **kwargs)


class Cooperative(Signals):
    """A base class in front of the mixin that calls `super()`."""

    def custom_exit(self, pair: str, trade: Any, *args: Any, **kwargs: Any) -> Any:
        """Call `super()`."""
        return super().custom_exit(pair, trade, *args, **kwargs)


class BehindFront(Cooperative, RobustopMixin):
    """Lists the mixin last, behind a base class that calls `super()`."""

    robustop = Hand.robustop


class InFront(RobustopMixin, Cooperative):
    """Lists the mixin first."""

    robustop = Hand.robustop


@pytest.mark.parametrize("strategy", [ByName, Nested, Comprehension, Decorated, BehindFront, InFront])
def test_an_override_that_hands_on_is_accepted(
    host: Host, strategy: type[IStrategy], caplog: pytest.LogCaptureFixture
) -> None:
    """The strategy starts, its stops act, and no bypass is detected."""
    played = host.play(strategy, [(100.0, 101.9, 97.0, 97.5), (97.0,) * 4])
    assert (played.trade.close_rate, played.trade.exit_reason) == (98.0, "stop_loss")


def test_an_exit_of_the_strategy_itself_is_passed_on(host: Host) -> None:
    """A base class behind the mixin is called when robustop requests no exit."""

    class Leaver(Signals):
        def custom_exit(self, pair: str, trade: Any, current_time: Any, *args: Any, **kwargs: Any) -> Any:
            return "mine" if current_time == at(2) else None

    class Over(RobustopMixin, Leaver):
        robustop = Hand.robustop

    trade = host.play(Over, CALM).trade
    assert (trade.exit_reason, trade.close_date_utc) == ("mine", at(2))


def test_a_fill_is_told_to_a_base_behind_the_mixin(host: Host) -> None:
    """A base class behind the mixin is notified of every filled order."""
    fills: list[tuple[str, float]] = []

    class Listener(Signals):
        def order_filled(self, pair: str, trade: Any, order: Any, current_time: Any, **kwargs: Any) -> None:
            fills.append((order.ft_order_side, order.safe_price))

    class Over(RobustopMixin, Listener):
        robustop = Hand.robustop

    host.play(Over, [(100.0, 101.9, 97.0, 97.5), (97.0,) * 4])
    assert fills == [("buy", 100.0), ("sell", 98.0)]


class Forgetful(Hand):
    """Mentions `super`, but never calls it."""

    def custom_exit(self, pair: str, trade: Any, *args: Any, **kwargs: Any) -> Any:
        """Request no exit."""
        return None if trade.is_open else super().custom_exit(pair, trade, *args, **kwargs)


class Broken(Hand):
    """Raises before it calls `super()`."""

    def custom_exit(self, pair: str, trade: Any, *args: Any, **kwargs: Any) -> Any:
        """Raise."""
        if trade.is_open:
            raise KeyError("rsi")
        return super().custom_exit(pair, trade, *args, **kwargs)


class Signaled(Hand):
    """Signals an exit after a candle with a high of 104.45."""

    def populate_exit_trend(self, dataframe: Any, metadata: dict[str, Any]) -> Any:
        """Set the exit signal."""
        dataframe["exit_long"] = (dataframe["high"] == 104.45).astype(int)
        return dataframe


@pytest.mark.parametrize("strategy", [Forgetful, Broken, Signaled])
def test_a_crossed_level_leaves_whatever_becomes_of_custom_exit(host: Host, strategy: type[Hand]) -> None:
    """A path without the call, an error before it, and an exit signal on the same candle: the level comes first."""
    trade = host.play(strategy, CROSSED, robustop=LATE).trade
    assert (trade.exit_reason, trade.close_date_utc, trade.close_rate) == ("trailing_stop_loss", at(3), 103.5)


def test_an_exit_signal_is_the_strategy_s_own(host: Host) -> None:
    """If no level is crossed, the signal exits as it would without robustop."""
    candles = [*CROSSED[:3], (104.2, 104.3, 104.1, 104.2), (104.0,) * 4]
    trade = host.play(Signaled, candles).trade
    assert (trade.exit_reason, trade.close_date_utc, trade.close_rate) == ("exit_signal", at(3), 104.2)
