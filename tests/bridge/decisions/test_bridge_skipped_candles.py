"""Candles that Freqtrade can skip: with and without skipping, a backtest is the same to the last digit."""

import math
from typing import Any

import pytest
from freqtrade.enums import ExitCheckTuple
from freqtrade.persistence import LocalTrade
from freqtrade.strategy import IStrategy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from robustop_plugin import RobustopMixin
from robustop_plugin.bridge.decisions.adjustment_switch import AdjustmentSwitch
from robustop_plugin.bridge.decisions.no_change import NoChangeBounds
from robustop_plugin.bridge.decisions.skipped_candles import CandleSkipper
from tests.support.hand_candles import BLOCK, Candle, Hand, Signals, at
from tests.support.host import Host
from tests.support.markets import examples
from tests.support.trades import bought

QUIET: list[Candle] = [(100.0, 100.3, 99.7, 100.1), *[(100.1, 100.3, 99.8, 100.2)] * 5]
BLOCKS: tuple[dict[str, Any], ...] = (
    BLOCK,
    {**BLOCK, "time_stop_hours": 0.3},
    {**BLOCK, "engines": [{"name": "smart_trail", "breakeven_percent": 0.4, "activation_percent": 0.8}]},
    {**BLOCK, "engines": [{"name": "smart_trail"}, {"name": "r_ladder"}]},
    {**BLOCK, "engines": [{"name": "atr_guard"}, {"name": "hand_span"}]},
    {**BLOCK, "engines": [{"name": "atr_guard", "fees": True, "trail_atr": 1.5}]},
    {**BLOCK, "partials": [[0.5, 0.5], [1.5, "rest"]]},
    {**BLOCK, "engines": [{"name": "hand_span", "portion": 0.4}, {"name": "smart_trail", "activation_percent": 0}]},
)


class Overridden(Hand):
    """Overrides `should_exit`."""

    def should_exit(self, *args: Any, **kwargs: Any) -> list[ExitCheckTuple]:
        """Call `super()`."""
        return super().should_exit(*args, **kwargs)


class Asking(Hand):
    """Overrides `custom_exit`."""

    def custom_exit(self, *args: Any, **kwargs: Any) -> Any:
        """Call `super()`."""
        return super().custom_exit(*args, **kwargs)


class Behind(Signals):
    """A base class behind the mixin with its own `min_roi_reached`."""

    def min_roi_reached(self, *args: Any, **kwargs: Any) -> bool:
        """Return False."""
        return False


class Before(RobustopMixin, Behind):
    """The mixin in front of that base class."""

    robustop = BLOCK


@st.composite
def walks(draw: st.DrawFn) -> list[Candle]:
    """Return consecutive candles around 100, in cents; some open with a gap."""
    candles, price = [], 10_000
    for _ in range(draw(st.integers(2, 14))):
        price = max(100, price + draw(st.sampled_from((0, 0, 0, 0, 30, -30, 250))))
        close = max(100, price + draw(st.integers(-120, 140)))
        high = max(price, close) + draw(st.integers(0, 60))
        low = max(50, min(price, close) - draw(st.integers(0, 60)))
        candles.append((price / 100, high / 100, low / 100, close / 100))
        price = close
    return candles


def left(host: Host, candles: list[Candle], atrs: list[float], block: dict[str, Any]) -> tuple[Any, ...]:
    """Return all trades and audit records of a backtest."""
    over = {"robustop": block, "position_adjustment_enable": True}
    played = host.play(Hand, candles, columns={"robustop_atr": atrs[: len(candles) + 1]}, **over)
    names = ("close_date", "close_rate", "exit_reason", "stop_loss", "min_rate", "max_rate", "close_profit_abs")
    trades = [[getattr(trade, name) for name in names] for trade in played.trades]
    orders = [(order.ft_order_tag, order.safe_filled) for trade in played.trades for order in trade.orders]
    return trades, orders, played.records


ATRS = st.lists(st.sampled_from((0.1, 0.2, 0.3, 0.4, 0.4, 0.6, math.nan)), min_size=15, max_size=15)


@given(candles=walks(), atrs=ATRS, block=st.sampled_from(BLOCKS))
@settings(max_examples=examples(1 / 2), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_backtest_is_the_same_without_it(
    host: Host, candles: list[Candle], atrs: list[float], block: dict[str, Any]
) -> None:
    """Trades, their extremes and every record are equal, whatever the engines and the price path.

    Also without the skippers, where engines are asked after the fill, and where no price is skipped at all.
    """
    shortened = left(host, candles, atrs, block)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(CandleSkipper, "skip_exit_checks", lambda *_: False)
        patch.setattr(CandleSkipper, "move_without_host", lambda *_: False)
        patch.setattr(CandleSkipper, "skip_partials", lambda *_: False)
        patch.setattr(AdjustmentSwitch, "may_be_due", lambda *_: True)
        assert left(host, candles, atrs, block) == shortened
        patch.setattr(NoChangeBounds, "compute_first_bounds", lambda *_, **__: None)
        assert left(host, candles, atrs, block) == shortened
        patch.setattr(NoChangeBounds, "absorb_if_unchanged", lambda *_: False)
        assert left(host, candles, atrs, block) == shortened


def looks(host: Host, monkeypatch: pytest.MonkeyPatch, strategy: Any = Hand, **over: Any) -> list[bool]:
    """Return for each candle of a quiet trade whether Freqtrade could skip it."""
    taken: list[bool] = []
    takes = CandleSkipper.skip_exit_checks

    def counted(*args: Any) -> bool:
        taken.append(bool(takes(*args)))
        return taken[-1]

    monkeypatch.setattr(CandleSkipper, "skip_exit_checks", counted)
    host.play(strategy, QUIET, **over)
    return taken


def test_the_host_is_spared_quiet_candles(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """Skipping starts at the entry candle: an engine that depends only on the best price wants nothing at the entry."""
    assert looks(host, monkeypatch) == [True] * len(QUIET)


def test_quiet_closes_are_skipped_too(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """If stops move at closes, a close that reaches nothing needs no decision either."""
    assert looks(host, monkeypatch, robustop={**BLOCK, "anchor": "candle"}) == [True] * len(QUIET)


@pytest.mark.parametrize("strategy", [Overridden, Asking, Before])
def test_where_somebody_else_would_be_asked_the_host_asks(
    host: Host, monkeypatch: pytest.MonkeyPatch, strategy: Any
) -> None:
    """A strategy, or its base class, that overrides exits gets every check."""
    assert not any(looks(host, monkeypatch, strategy))


@pytest.mark.parametrize(
    "over",
    [
        {"minimal_roi": {"0": 5.0}},
        {"robustop": {**BLOCK, "engines": [{"name": "bracket"}]}},
        {"robustop": {**BLOCK, "max_drawdown_percent": 50}},
    ],
)
def test_what_needs_every_look_keeps_it(host: Host, monkeypatch: pytest.MonkeyPatch, over: dict[str, Any]) -> None:
    """Profit targets and a portfolio limit disable skipping."""
    assert not any(looks(host, monkeypatch, **over))


def test_a_signal_is_the_hosts(host: Host) -> None:
    """A candle with an exit signal is processed, however quiet it is."""
    backtesting = host.backtesting(Hand)
    strategy, trade = backtesting.strategy, bought(backtesting)
    shape: dict[str, Any] = {"enter": False, "low": 99.8, "high": 100.3}
    assert strategy.should_exit(trade, 100.0, at(1), exit_=False, **shape) == []
    assert [found.exit_reason for found in strategy.should_exit(trade, 100.0, at(2), exit_=True, **shape)] == [
        "exit_signal"
    ]


@pytest.mark.parametrize(
    ("side", "low", "high", "hit"),
    [(1, 98.0, 100.0, True), (1, 98.01, 100.0, False), (-1, 100.0, 102.0, True), (-1, 100.0, 101.99, False)],
)
def test_a_stop_that_is_hit_is_the_hosts(host: Host, side: int, low: float, high: float, hit: bool) -> None:
    """The candle that reaches the stop ends the trade there; one that stays a tick inside does not."""
    backtesting = host.backtesting(Hand, stoploss=-0.99)
    trade: LocalTrade = bought(backtesting, is_short=side < 0)
    look: dict[str, Any] = {"enter": False, "exit_": False}
    backtesting.strategy.should_exit(trade, 100.0, at(1), low=99.9, high=100.1, **look)
    exits = backtesting.strategy.should_exit(trade, 100.0, at(2), low=low, high=high, **look)
    assert [exit_.exit_reason for exit_ in exits] == ["stop_loss"] * hit


def test_a_liquidation_is_the_hosts(host: Host) -> None:
    """A candle that reaches the liquidation price is not skipped, even if the stop is farther away."""
    backtesting = host.backtesting(Hand, stoploss=-0.99)
    trade = bought(backtesting)
    look: dict[str, Any] = {"enter": False, "exit_": False, "high": 100.1}
    backtesting.strategy.should_exit(trade, 100.0, at(1), low=99.9, **look)
    trade.liquidation_price = 98.5
    (exit_,) = backtesting.strategy.should_exit(trade, 100.0, at(2), low=98.5, **look)
    assert exit_.exit_reason == "liquidation"


def test_an_error_in_it_costs_nothing(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """If skipping fails, Freqtrade checks the candle, and the trade ends as it would have."""

    def broken(*_: Any) -> bool:
        raise RuntimeError("planted")

    monkeypatch.setattr(CandleSkipper, "_absorb_candle", broken)
    trade = host.play(Hand, [*QUIET, (100.0, 100.1, 97.0, 97.5), QUIET[0]]).trade
    assert (trade.close_rate, trade.exit_reason) == (98.0, "stop_loss")


def moving(host: Host, monkeypatch: pytest.MonkeyPatch, candles: list[Candle], **over: Any) -> tuple[int, Any]:
    """Return how often Freqtrade checks exits in a backtest of some candles, and the trade."""
    checked: list[Any] = []
    checks = IStrategy.should_exit
    monkeypatch.setattr(IStrategy, "should_exit", lambda *args, **known: (checked.append(1), checks(*args, **known))[1])
    trade = host.play(Hand, candles, **over).trade
    monkeypatch.undo()
    return len(checked), trade


UP: list[Candle] = [(100.0, 100.3, 99.7, 100.1), (102.8, 104.5, 102.6, 104.4), (104.4, 106.4, 104.2, 106.3)]
"""With a stop at 98: breakeven at 102.8, then locks at 102 and 104."""


def test_the_host_is_spared_candles_that_move_the_stop(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two candles move the stop three times, and Freqtrade checks the one that hits it."""
    checked, trade = moving(host, monkeypatch, [*UP, (106.3, 106.4, 103.0, 103.1), (103.0,) * 4])
    assert (checked, trade.close_rate, trade.exit_reason) == (1, 104.0, "trailing_stop_loss")
    assert (trade.max_rate, trade.min_rate) == (106.4, 99.7)


def test_a_candle_that_hits_the_stop_it_moves_is_the_hosts(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """The high moves the stop to 102 and the low reaches that: Freqtrade's backtest leaves there at once."""
    checked, trade = moving(host, monkeypatch, [UP[0], (102.8, 104.5, 101.9, 104.4), (104.4,) * 4])
    assert (checked, trade.close_rate, trade.exit_reason) == (1, 102.0, "trailing_stop_loss")
    checked, trade = moving(host, monkeypatch, [UP[0], (102.8, 104.5, 102.1, 104.4), (104.4,) * 4])
    assert (checked, trade.exit_reason) == (0, "force_exit")


def test_an_exit_that_is_due_at_the_open_is_the_hosts(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """The time stop ends the trade at the open of a candle whose high would move the stop."""
    checked, trade = moving(
        host, monkeypatch, [UP[0], *UP[1:], (106.3,) * 4], robustop={**BLOCK, "time_stop_hours": 1 / 12}
    )
    assert (checked, trade.close_rate, trade.exit_reason) == (1, 102.8, "robustop_time_stop")
