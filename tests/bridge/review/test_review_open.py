# ruff: noqa
"""Open findings of a review: each of these tests fails. Not for merging as it stands."""

from typing import Any

import pytest

from robustop_plugin import RobustopMixin
from tests.bridge.decisions.test_bridge_own_stops import UP, left
from tests.support.both_orders import ACTS, NEVER, ORDERS, alone, protected
from tests.support.hand_candles import Signals, at
from tests.support.host import Host
from tests.support.live_bot import LiveBot
from tests.support.selling_strategies import with_partials


@pytest.mark.parametrize("order", ORDERS)
def test_averaging_keeps_own_ratio(host: Host, order: str) -> None:
    """Theirs sets 1 % after robustop's stop was tighter; alone a fill applies that 1 % to the open rate."""
    def custom_stoploss(self: Any, pair: str, trade: Any, current_time: Any, current_rate: float, current_profit: float, **kw: Any) -> float | None:
        return 0.025 if current_time <= at(2) else None
    def adjust_trade_position(self: Any, trade: Any, current_time: Any, *a: Any, **k: Any) -> float | None:
        return 8 * trade.stake_amount if current_time == at(3) else None
    body = {"custom_stoploss": custom_stoploss, "use_custom_stoploss": True, "adjust_trade_position": adjust_trade_position, "position_adjustment_enable": True, "stoploss": -0.10}
    candles = [(100.0, 100.4, 99.8, 100.2), (104.0, 104.1, 103.9, 104.0), (104.0, 104.1, 103.9, 104.0), (106.5, 106.5, 102.5, 103.0), (103.0,)*4]
    a = host.play(alone(body), candles).trade
    p = host.play(protected(body, order, ACTS), candles).trade
    print('AVG', a.stop_loss, p.stop_loss, a.open_rate, a.close_rate, p.close_rate)
    assert p.stop_loss >= a.stop_loss


def test_reversed_with_super(host: Host) -> None:
    """An unedited callback that calls super() on a path trails by stoploss there, in front of the mixin as well."""
    class Theirs(Signals):
        use_custom_stoploss = True
        stoploss = -0.02
        def custom_stoploss(self, pair, trade, current_time, current_rate, current_profit, after_fill, **kwargs):
            return super().custom_stoploss(pair, trade, current_time, current_rate, current_profit, after_fill, **kwargs)
    ends = left(host.play(Theirs, UP))
    mine = type("Mine", (Theirs, RobustopMixin), {"robustop": NEVER})
    assert left(host.play(type("Mine", (RobustopMixin, Theirs), {"robustop": NEVER}), UP)) == ends
    assert left(host.play(mine, UP)) == ends


def test_default_trail_by_config(host: Host) -> None:
    candles = [*UP, (102.0, 102.0, 98.5, 98.6), UP[0]]
    class Theirs(Signals):
        pass
    ends = left(host.play(Theirs, candles, use_custom_stoploss=True))
    assert ends[0][0] == 99.0
    assert left(host.play(type("Mine", (RobustopMixin, Theirs), {"robustop": NEVER}), candles, use_custom_stoploss=True)) == ends


def test_default_trail_by_init(host: Host) -> None:
    candles = [*UP, (102.0, 102.0, 98.5, 98.6), UP[0]]
    class Theirs(Signals):
        def __init__(self, config):
            super().__init__(config)
            self.use_custom_stoploss = True
    ends = left(host.play(Theirs, candles))
    assert ends[0][0] == 99.0
    assert left(host.play(type("Mine", (RobustopMixin, Theirs), {"robustop": NEVER}), candles)) == ends


def test_super_self_class(host: Host, database: None) -> None:
    class Mine(RobustopMixin, Signals):
        robustop = with_partials()
        def bot_loop_start(self, *a, **k):
            return super(self.__class__, self).bot_loop_start(*a, **k)
    host.start(Mine, runmode="backtest").bot_loop_start(current_time=at(0))
    host.start(Mine, runmode="dry_run").bot_loop_start(current_time=at(0))


def test_class_counter(host: Host, database: None) -> None:
    class Mine(RobustopMixin, Signals):
        robustop = with_partials()
        count = 0
    s = host.start(Mine, runmode="dry_run")
    s.__class__.count += 1
    assert Mine.count == 1


@pytest.mark.parametrize("order", ORDERS)
def test_sorted_exits(host: Host, database: None, tmp_path: Any, order: str) -> None:
    """An exit of the strategy's at the same look as its own stop: the same exit as alone."""
    body = {"trailing_stop": True, "trailing_stop_positive": 0.02, "custom_exit": lambda self, pair, trade, current_time, current_rate, current_profit, **k: "own" if current_rate == 101.0 else None}
    got = []
    for s in (alone(body), protected(body, order, NEVER)):
        bot = LiveBot(host, tmp_path / s.__name__, s)
        trade = bot.bought()
        for rate in (104.0, 106.0, 101.0):
            bot.loop(rate)
        got.append(trade.exit_reason)
    assert got[0] == got[1]


SWITCHES = ["use_custom_stoploss", "position_adjustment_enable", "trailing_stop", "use_custom_roi", "use_exit_signal"]


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("switch", SWITCHES)
@pytest.mark.parametrize("mode", ["backtest", "dry_run"])
@pytest.mark.parametrize("partials", [[], True])
def test_property(host: Host, database: None, order: str, switch: str, mode: str, partials: Any) -> None:
    body = {switch: property(lambda self: False)}
    host.start(alone(body), runmode=mode)
    host.start(protected(body, order, {**ACTS, "partials": partials}), runmode=mode)


