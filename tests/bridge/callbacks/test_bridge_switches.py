"""Switches that a strategy sets in `bot_start` or in its loop count in a backtest as without robustop."""

from typing import Any

import pytest

from tests.bridge.decisions.test_bridge_own_stops import UP, follows, left
from tests.support.both_orders import NEVER, ORDERS, alone, protected
from tests.support.hand_candles import Candle, at
from tests.support.host import Host

CALM: Candle = (100.0, 100.4, 99.8, 100.2)
RISE: list[Candle] = [CALM, (104.0, 104.4, 103.9, 104.2), (105.0, 105.2, 104.6, 105.0), (105.0, 105.0, 104.5, 105.0)]


def sets(where: str, **flags: Any) -> dict[str, Any]:
    """Return a callback that sets flags."""

    def callback(self: Any, *args: Any, **kwargs: Any) -> None:
        for name, value in flags.items():
            setattr(self, name, value)

    return {where: callback}


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("where", ["bot_start", "bot_loop_start"])
def test_use_custom_stoploss(host: Host, order: str, where: str) -> None:
    """One percent below the high of 110 is 108.9."""
    body = {**follows([], 1.0), "use_custom_stoploss": False, **sets(where, use_custom_stoploss=True)}
    ends = left(host.play(alone(body), UP))
    assert ends[0][0] == 108.9
    assert left(host.play(protected(body, order, NEVER), UP)) == ends


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("where", ["bot_start", "bot_loop_start"])
def test_position_adjustment(host: Host, order: str, where: str) -> None:
    """Its `adjust_trade_position` is asked, and buys once more."""

    def adjust_trade_position(self: Any, trade: Any, *args: Any, **kwargs: Any) -> float | None:
        return trade.stake_amount if trade.nr_of_successful_entries < 2 else None

    body = {"adjust_trade_position": adjust_trade_position, **sets(where, position_adjustment_enable=True)}
    assert host.play(alone(body), RISE).trade.nr_of_successful_entries == 2
    assert host.play(protected(body, order, NEVER), RISE).trade.nr_of_successful_entries == 2


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("where", ["bot_start", "bot_loop_start"])
def test_custom_roi(host: Host, order: str, where: str) -> None:
    """Its `custom_roi` is asked, and takes three percent."""
    body = {"custom_roi": lambda *_, **__: 0.03, **sets(where, use_custom_roi=True)}
    ends = left(host.play(alone(body), RISE))
    assert ends[0][1] == "roi"
    assert left(host.play(protected(body, order, NEVER), RISE)) == ends


@pytest.mark.parametrize("order", ORDERS)
def test_flag_off_native_trail_after_fill(host: Host, order: str) -> None:
    """Beside a callback that names `after_fill` and is off, the trail acts at fills: 2 % below 104 is 101.92."""

    def custom_stoploss(
        self: Any,
        pair: str,
        trade: Any,
        current_time: Any,
        current_rate: float,
        current_profit: float,
        after_fill: bool,
        **kwargs: Any,
    ) -> float | None:
        return None

    def adjust_trade_position(self: Any, trade: Any, *args: Any, **kwargs: Any) -> float | None:
        return trade.stake_amount if kwargs["current_time"] == at(1) else None

    body = {
        "custom_stoploss": custom_stoploss,
        "trailing_stop": True,
        "trailing_stop_positive": 0.02,
        "adjust_trade_position": adjust_trade_position,
        "position_adjustment_enable": True,
    }
    candles: list[Candle] = [(100.0, 100.0, 99.0, 100.0), (104.0, 104.0, 89.0, 97.0), (97.0, 97.0, 97.0, 97.0)]
    ends = left(host.play(alone(body), candles))
    assert [end[:2] for end in ends] == [(101.92, "trailing_stop_loss")]
    assert left(host.play(protected(body, order, NEVER), candles)) == ends
