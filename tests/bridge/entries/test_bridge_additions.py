"""Additional purchases of a backtested strategy: only within the risk limit.

The entry buys 10 at 100 with the stop at 98, so that it risks 20 of the 10,000 in the wallet: a fifth of a percent.
"""

import logging
from typing import Any, ClassVar

import pytest
from freqtrade.exceptions import OperationalException
from freqtrade.persistence import LocalTrade

from robustop_plugin import RobustopMixin
from tests.support.hand_candles import PAIR, Candle, Hand, Signals, at
from tests.support.host import Host, Played
from tests.support.risk_limits import WALLET, limited


class Buys(Hand):
    """Buys more at the open of some candles."""

    position_adjustment_enable = True
    buys: ClassVar[dict[int, float]] = {}

    def adjust_trade_position(self, trade: LocalTrade, current_time: Any, **kwargs: Any) -> Any:
        """Call `super()`, and buy."""
        ours = super().adjust_trade_position(trade, current_time, **kwargs)
        return ours or next((stake for candle, stake in self.buys.items() if at(candle) == current_time), None)


class BuysBehind(Signals):
    """A base class behind the mixin that buys ten more at the second candle."""

    position_adjustment_enable = True

    def adjust_trade_position(self, trade: LocalTrade, current_time: Any, *args: Any, **kwargs: Any) -> Any:
        """Buy, with a tag."""
        return (990.0, "more") if current_time == at(1) else None


class InFront(RobustopMixin, BuysBehind):
    """The mixin in front of that base class."""


def flat(price: float) -> Candle:
    """Return a candle with one price."""
    return (price, price + 0.1, price - 0.1, price)


def bought_more(host: Host, buys: dict[int, float], candles: list[Candle], **over: Any) -> Played:
    """Backtest with these purchases."""
    return host.play(type("Once", (Buys,), {"buys": buys}), candles, **{**WALLET, **over})


def entries(played: Played) -> list[float]:
    """Return the entry prices of the only trade."""
    return [order.safe_price for order in played.trade.orders if order.ft_order_side == "buy"]


@pytest.mark.parametrize(
    ("price", "percent", "allowed"),
    [
        (99.0, 0.299, False),  # ten units at 99 lose 10 down to 98, plus 20 for the entry
        (99.0, 0.3, True),
        (101.0, 0.499, False),  # ten at 101 lose 30
        (101.0, 0.5, True),
        (99.0, None, True),
    ],
)
def test_an_addition_risks_the_way_to_the_stop_in_force(
    host: Host, price: float, percent: float | None, allowed: bool
) -> None:
    """An addition exactly at the limit is made; beyond it, it is refused with one line in log and audit."""
    played = bought_more(host, {1: price * 10}, [flat(100), flat(price), flat(price)], robustop=limited(percent))
    assert entries(played) == ([100.0, price] if allowed else [100.0])
    assert len(played.of("refused")) == (0 if allowed else 1)


def test_the_reason_is_told(host: Host, caplog: pytest.LogCaptureFixture) -> None:
    """Log and audit name both risks, the limit and what it allows."""
    with caplog.at_level(logging.WARNING):
        played = bought_more(host, {1: 990.0}, [flat(100), flat(99), flat(99)], robustop=limited(0.25))
    (record,) = played.of("refused")
    reason = "it risks 10 beside 20 of the open trades, max_portfolio_percent of 0.25 allows 25"
    assert (record["pair"], record["side"], record["price"], record["reason"]) == (PAIR, 1, 99.0, reason)
    assert f"the addition to {PAIR} is refused: {reason}" in caplog.text


def test_a_purchase_of_a_base_behind_the_mixin_is_refused_too(host: Host) -> None:
    """The check applies to the final answer to Freqtrade, whichever class wants to buy."""
    candles = [flat(100), flat(99), flat(99)]
    assert entries(host.play(InFront, candles, robustop=limited(0.3), **WALLET)) == [100.0, 99.0]
    assert entries(host.play(InFront, candles, robustop=limited(0.29), **WALLET)) == [100.0]


@pytest.mark.parametrize("fee", [0.0, 0.001])
def test_averaging_down_loses_no_more_than_the_limit(host: Host, fee: float) -> None:
    """A strategy that buys 1500 more at every candle down to a stop 10 percent away loses at most 2 percent."""
    candles = [flat(100.0 - 0.5 * number) for number in range(20)] + [(90.5, 90.6, 85.0, 86.0), flat(86)]
    block = limited(2.0, stop=10.0)
    over: dict[str, Any] = {"stake_amount": 1500, "stoploss": -0.5, "fee": fee}
    buys = dict.fromkeys(range(1, 20), 1500.0)
    free = bought_more(host, buys, candles, robustop=limited(None, stop=10.0), **over)
    assert free.trade.close_profit_abs < -240
    played = bought_more(host, buys, candles, robustop=block, **over)
    assert (played.trade.close_rate, played.trade.exit_reason) == (90.0, "stop_loss")
    assert -200 <= played.trade.close_profit_abs < -185
    assert len(entries(played)) > 1


class Deaf(Hand):
    """Adjusts positions through a private method of Freqtrade."""

    def _adjust_trade_position_internal(self, *args: Any, **kwargs: Any) -> Any:
        """Return a purchase without calling `super()`."""
        return 500.0, ""


def test_an_override_that_leaves_the_limit_out_is_refused(host: Host) -> None:
    """Neither parts nor limits would reach a method of Freqtrade's own that bypasses the mixin."""
    with pytest.raises(OperationalException, match=r"Deaf\._adjust_trade_position_internal never calls super\(\)"):
        host.load(Deaf)
