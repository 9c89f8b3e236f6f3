"""Partial exits together with a user's own position changes.

The first entry buys 10 at 100 with the stop at 98, so that the rungs are at 104, 106 and 108.
"""

from typing import Any, ClassVar

import pytest
from freqtrade.persistence import LocalTrade

from robustop_plugin import RobustopMixin
from tests.support.hand_candles import Hand, Signals, at
from tests.support.host import Host, run
from tests.support.selling_strategies import RecordsStops, Sells, flat, play, sold, with_partials

SHOWN: list[LocalTrade] = []


class Averages(RecordsStops):
    """Buys more at the open of some candles, if robustop sells nothing."""

    buys: ClassVar[dict[int, float]] = {}

    def adjust_trade_position(self, trade: LocalTrade, current_time: Any, **kwargs: Any) -> Any:
        """Call `super()`, and buy."""
        ours = super().adjust_trade_position(trade, current_time, **kwargs)
        SHOWN.append(trade)
        return ours or next((stake for candle, stake in self.buys.items() if at(candle) == current_time), None)


class Deaf(Sells):
    """Overrides `adjust_trade_position` without calling `super()`."""

    def adjust_trade_position(self, trade: LocalTrade, *args: Any, **kwargs: Any) -> float | None:
        """Return None."""
        return None


class Behind(Signals):
    """A base class behind the mixin that buys more once."""

    position_adjustment_enable = True

    def adjust_trade_position(self, trade: LocalTrade, current_time: Any, *args: Any, **kwargs: Any) -> float | None:
        """Buy ten more at 100."""
        return 1000.0 if current_time == at(1) else None


class InFront(RobustopMixin, Behind):
    """The mixin in front of that base class."""

    robustop = with_partials()


def averaged(host: Host, buys: dict[int, float], *opens: float, **over: Any) -> Any:
    """Backtest with these purchases."""
    return play(host, flat(*opens), type("Once", (Averages,), {"buys": buys}), **over)


def test_fractions_are_of_all_that_was_bought_when_the_rung_is_taken(host: Host) -> None:
    """Half of 10 at 104; 10 more at 104 make 15 at 102.67 and a span of 4.67, and 116.67 sells a quarter of 20."""
    played = averaged(host, {2: 1040.0}, 100.0, 104.0, 104.0, 110.0, 116.6, 116.68)
    assert played.trade.open_rate == 102.67
    assert sold(played)[:2] == [("robustop_2R", 5.0, 104.0), ("robustop_3R", 5.0, 116.68)]


def test_averaging_up_after_a_sale_moves_no_stop(host: Host) -> None:
    """The breakeven stop stays at 100 when ten more are bought at 105 after half was sold at 104."""
    played = averaged(host, {3: 1050.0}, 100.0, 103.0, 104.0, 105.0, 105.0)
    assert [after for _, _, after in played.strategy.seen] == [98.0, *([100.0] * 5)]
    assert played.of("host") == []
    assert played.trade.stop_loss == 100.0


def test_a_sale_wins_over_a_purchase_of_the_same_candle(host: Host) -> None:
    """At 104 half is sold; the user's purchase at that candle is not made, the next one is."""
    played = averaged(host, {1: 1000.0, 2: 1040.0}, 100.0, 104.0, 104.0)
    assert [order.ft_order_tag for order in played.trade.orders[:2]] == ["", "robustop_2R"]
    assert [order.safe_price for order in played.trade.select_filled_orders("buy")] == [100.0, 104.0]


def test_a_base_behind_the_mixin_is_asked(host: Host) -> None:
    """Its purchase is made, and half of both entries is sold."""
    played = play(host, flat(100.0, 100.0, 104.0), InFront)
    assert sold(played)[0] == ("robustop_2R", 10.0, 104.0)


def test_parts_are_sold_beside_an_override_that_never_hands_on(host: Host) -> None:
    """An `adjust_trade_position` without `super()` stands in nobody's way: half is sold at 104."""
    assert sold(play(host, flat(100.0, 100.0, 104.0), Deaf))[0] == ("robustop_2R", 5.0, 104.0)


class SwitchedOff(Behind):
    """The same base class with position adjustment switched off."""

    position_adjustment_enable = False


class InFrontOfOff(RobustopMixin, SwitchedOff):
    """The mixin in front of that base class."""

    robustop = with_partials()


def test_parts_are_sold_without_giving_the_strategy_what_it_had_switched_off(host: Host) -> None:
    """Position adjustment is switched on for the parts; the strategy's own purchase is not made."""
    assert host.start(InFrontOfOff).position_adjustment_enable is True
    played = play(host, flat(100.0, 100.0, 104.0), InFrontOfOff)
    assert SwitchedOff.position_adjustment_enable is False
    assert len(played.trade.select_filled_orders("buy")) == 1
    assert sold(played)[0] == ("robustop_2R", 5.0, 104.0)


def test_without_parts_nothing_is_switched_on(host: Host) -> None:
    """The option stays as the strategy set it."""
    assert host.start(Hand, robustop=with_partials([])).position_adjustment_enable is False


def test_the_configuration_may_switch_it_on(host: Host) -> None:
    """`position_adjustment_enable` in the configuration is Freqtrade's own way to enable it."""
    assert host.start(Hand, robustop=with_partials(), position_adjustment_enable=True)


def test_the_callback_of_the_mixin_is_spared_the_copies(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a backtest the manager receives Freqtrade's own trade, unless the user has a callback of their own."""
    shown: list[Any] = []
    for strategy in (Sells, Averages):
        SHOWN.clear()
        backtesting = host.backtesting(strategy)
        manager = backtesting.strategy._robustop
        monkeypatch.setattr(manager, "sale_at", lambda trade, *_: shown.append(trade))
        trade = LocalTrade(id=7, pair="HAND/USDT", open_rate=100.0, fee_open=0.0, fee_close=0.0, orders=[])
        rates = dict.fromkeys(("current_rate", "current_entry_rate", "current_exit_rate"), 100.0)
        profits = dict.fromkeys(("current_profit", "current_entry_profit", "current_exit_profit"), 0.0)
        asked = {**rates, **profits, "min_stake": 5.0, "max_stake": 100.0}
        backtesting.strategy._adjust_trade_position_internal(trade=trade, current_time=at(1), **asked)
        assert (shown.pop() is trade) == (strategy is Sells)
        assert all(copy is not trade for copy in SHOWN)


def test_copies_change_no_sale_and_no_stop(host: Host) -> None:
    """A strategy whose own callback keeps the copies sells the same at the same prices, with the same stops."""
    prices = (100.0, 103.0, 104.0, 106.0, 107.0, 105.0)
    spared, copied = play(host, flat(*prices)), averaged(host, {}, *prices)
    assert sold(spared) == sold(copied)
    assert [seen[2] for seen in spared.strategy.seen] == [seen[2] for seen in copied.strategy.seen]


def test_a_trade_of_the_same_number_begins_anew(host: Host) -> None:
    """A second backtest of the same strategy object, as in hyperopt, waits and sells as the first one did."""
    backtesting = host.backtesting(RecordsStops, stake_amount=20, robustop=with_partials([[2.0, 0.25], [3.0, 0.25]]))
    for _ in range(2):
        LocalTrade.reset_trades()
        backtesting.trade_id_counter = 0
        played = run(backtesting, flat(100.0, 104.0, 106.0))
        assert sold(played) == [("robustop_3R", 0.1, 106.0), ("force_exit", 0.1, 106.0)]
        assert (len(played.of("wait")), len(played.of("reduce"))) == (1, 1)
        # The second run has the tokens of the first, and would count as already recorded.
        backtesting.strategy._robustop.recorder.sink.path.unlink()
