"""Freqtrade's callbacks: stops are never vetoed, and trades are neither changed nor copied needlessly."""

import logging
from collections import Counter
from copy import deepcopy
from typing import Any

import pytest
from freqtrade.persistence import LocalTrade
from freqtrade.strategy import strategy_wrapper

from tests.support.hand_candles import Candle, Hand, Signals, at, block
from tests.support.host import Host, run
from tests.support.trades import bought

DOWN: list[Candle] = [(100.0, 100.5, 99.5, 99.6), (99.6, 99.7, 97.0, 97.1), (97.0,) * 4, (97.0,) * 4]
LATE = block(tighten={"after_hours": 0.25, "lag": 0.0})
CROSSED: list[Candle] = [
    (100.0, 101.9, 99.5, 101.5),
    (102.8, 104.5, 102.6, 104.4),
    (104.4, 104.45, 103.0, 104.3),
    (103.5, 103.6, 103.0, 103.1),
    (103.0,) * 4,
]
VETOED = "a stop is never vetoed"


class Vetoes(Hand):
    """Refuses every exit, and records the requests."""

    asked: list[str]

    def bot_start(self, **kwargs: Any) -> None:
        """Start with nothing recorded."""
        self.asked = []

    def confirm_trade_exit(self, pair: str, trade: LocalTrade, order_type: str, **kwargs: Any) -> bool:
        """Refuse."""
        self.asked.append(kwargs["exit_reason"])
        return False


class Breaks(Vetoes):
    """Raises in `confirm_trade_exit`."""

    def confirm_trade_exit(self, *args: Any, **kwargs: Any) -> bool:
        """Raise."""
        raise RuntimeError("broken on purpose")


@pytest.mark.parametrize("strategy", [Vetoes, Breaks])
@pytest.mark.parametrize(
    ("candles", "robustop", "end"),
    [(DOWN, block(), (98.0, "stop_loss")), (CROSSED, LATE, (103.5, "trailing_stop_loss"))],
)
def test_a_stop_is_never_vetoed(
    host: Host, strategy: type[Hand], candles: list[Candle], robustop: Any, end: Any, caplog: Any
) -> None:
    """Whatever the strategy's confirmation returns or raises, the exit goes ahead, and the log says so."""
    played = host.play(strategy, candles, robustop=robustop)
    assert (played.trade.close_rate, played.trade.exit_reason) == end
    if strategy is Vetoes:
        assert played.strategy.asked == [end[1]]
        (warning,) = [record for record in caplog.records if VETOED in record.getMessage()]
        assert warning.levelno == logging.WARNING
        assert end[1] in warning.getMessage()
        assert "HAND/USDT" in warning.getMessage()


def test_an_exit_of_the_strategy_s_own_can_be_vetoed(host: Host) -> None:
    """The strategy may veto its own exit."""

    class Leaver(Vetoes):
        def custom_exit(self, pair: str, trade: Any, current_time: Any, *args: Any, **kwargs: Any) -> Any:
            return super().custom_exit(pair, trade, current_time, *args, **kwargs) or "mine"

    played = host.play(Leaver, [DOWN[0]] * 4)
    assert set(played.strategy.asked) == {"mine"}
    assert played.trade.exit_reason == "force_exit"


def test_a_second_start_asks_the_strategy_once(host: Host) -> None:
    """After a second start, the same object still calls its own confirmation once per exit."""
    backtesting = host.backtesting(Vetoes)
    backtesting._set_strategy(backtesting.strategy)
    assert run(backtesting, DOWN).strategy.asked == ["stop_loss"]


class Leaving(Signals):
    """A base class behind the mixin with a callback of its own."""

    def custom_exit(self, pair: str, trade: Any, *args: Any, **kwargs: Any) -> Any:
        """Request no exit."""
        return None


@pytest.fixture
def copied(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Count the copies that Freqtrade makes of trades."""
    counted: Counter[str] = Counter()

    def counting(trade: Any) -> Any:
        counted[type(trade).__name__] += 1
        return deepcopy(trade)

    monkeypatch.setattr(strategy_wrapper, "deepcopy", counting)
    return counted


def test_a_backtest_copies_no_trade_for_robustop(host: Host, copied: Counter[str]) -> None:
    """Stops, exits and fills of a strategy that overrides none of them receive the trade itself."""
    assert host.play(Hand, CROSSED, robustop=LATE).trade.exit_reason == "trailing_stop_loss"
    assert not copied


def test_callbacks_of_the_user_see_copies(host: Host, copied: Counter[str]) -> None:
    """A base class behind the mixin that reads the trade gets Freqtrade's copies, and the same result."""
    strategy = type("Over", (Hand, Leaving), {})
    assert host.play(strategy, CROSSED, robustop=LATE).trade.exit_reason == "trailing_stop_loss"
    assert copied["LocalTrade"] == 4


@pytest.mark.usefixtures("database")
def test_a_bot_copies_as_ever(host: Host) -> None:
    """In a dry run no callback is replaced on the instance."""
    strategy = host.start(Hand, runmode="dry_run")
    assert not {"custom_stoploss", "custom_exit", "order_filled"} & vars(strategy).keys()


def test_the_trade_is_never_changed(host: Host) -> None:
    """No callback at any price changes Freqtrade's trade."""
    backtesting = host.backtesting(Hand, robustop=LATE)
    strategy, trade = backtesting.strategy, bought(backtesting)
    before = deepcopy(vars(trade))
    for candle, price in enumerate((100.0, 104.5, 103.0, 97.0, 99.0, 110.0), start=1):
        strategy._robustop.open_tick(trade, price, at(candle))
        strategy.custom_stoploss(trade.pair, trade, at(candle), price, 0.0, after_fill=False)
        strategy.custom_stoploss(trade.pair, trade, at(candle), price, 0.0, after_fill=True)
        strategy.custom_exit(trade.pair, trade, at(candle), price, 0.0)
        strategy.order_filled(trade.pair, trade, trade.orders[0], at(candle))
    after = dict(vars(trade))
    assert [repr(order) for order in after.pop("orders")] == [repr(order) for order in before.pop("orders")]
    assert after == before
