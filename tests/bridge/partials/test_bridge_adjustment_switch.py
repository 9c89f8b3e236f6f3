"""In a backtest Freqtrade asks about the size of positions only at opens at which a part may be due."""

from typing import Any

import pytest
from freqtrade.optimize.backtesting import Backtesting

from robustop_plugin.bridge.decisions.adjustment_switch import AdjustmentSwitch
from robustop_plugin.bridge.partials.manager import PartialExits
from tests.support.hand_candles import BLOCK, Candle, Hand, at
from tests.support.host import Host, run

SELLING = {**BLOCK, "partials": [[1.0, 0.5]]}
CANDLES: list[Candle] = [
    (100.0, 100.3, 99.7, 100.1),
    (100.1, 100.4, 99.9, 100.2),
    (102.5, 102.6, 102.3, 102.5),
    (102.4, 102.6, 102.3, 102.5),
    (102.5, 102.6, 102.3, 102.5),
]
"""The third candle opens beyond one R, which is 2."""


class Looping(Hand):
    """Has a `bot_loop_start` of its own."""

    seen = 0

    def bot_loop_start(self, current_time: Any, **kwargs: Any) -> None:
        """Count the candles."""
        self.seen += 1


class Adjusting(Hand):
    """Adjusts its positions itself."""

    position_adjustment_enable = True

    def adjust_trade_position(self, *args: Any, **kwargs: Any) -> Any:
        """Return nothing of its own."""
        return super().adjust_trade_position(*args, **kwargs)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Return the times at which Freqtrade asks."""
    times: list[Any] = []
    asks = Backtesting._check_adjust_trade_for_candle
    monkeypatch.setattr(
        Backtesting, "_check_adjust_trade_for_candle", lambda *known: (times.append(known[-1]), asks(*known))[1]
    )
    return times


@pytest.mark.parametrize("strategy", [Hand, Looping])
def test_only_the_candle_that_sells_is_asked_about(host: Host, asked: list[Any], strategy: Any) -> None:
    """Half is sold at the open beyond the rung; the strategy's own callback sees every candle."""
    played = host.play(strategy, CANDLES, robustop=SELLING)
    assert asked == [at(2)]
    assert [(order["time"], order["reason"]) for order in played.of("reduce")] == [(at(2).timestamp(), "robustop_1R")]
    assert strategy is Hand or played.strategy.seen >= len(CANDLES) - 1


def test_a_strategy_that_adjusts_is_always_asked(host: Host, asked: list[Any]) -> None:
    """Freqtrade asks at every candle if the strategy has a callback of its own."""
    host.play(Adjusting, CANDLES, robustop=SELLING)
    assert len(asked) >= len(CANDLES) - 1


def test_after_an_error_freqtrade_asks(host: Host, asked: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """If the question cannot be answered beforehand, no part is missed."""

    def broken(*_: Any) -> bool:
        raise RuntimeError("planted")

    monkeypatch.setattr(PartialExits, "is_near", broken)
    host.play(Hand, CANDLES, robustop=SELLING)
    assert len(asked) >= len(CANDLES) - 1


def test_a_second_backtest_of_the_same_strategy_sells_again(host: Host) -> None:
    """What the first run has switched off does not reach the next start."""
    backtesting = host.backtesting(Hand, robustop=SELLING)
    first = run(backtesting, CANDLES).of("reduce")
    backtesting._set_strategy(backtesting.strategylist[0])
    assert backtesting.strategy.position_adjustment_enable is True
    assert isinstance(backtesting.strategy.bot_loop_start, AdjustmentSwitch)
    again = run(backtesting, CANDLES).of("reduce")
    assert [order["time"] for order in again] == [order["time"] for order in first] == [at(2).timestamp()]
