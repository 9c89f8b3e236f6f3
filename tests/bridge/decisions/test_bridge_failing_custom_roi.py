"""A bracket takes profit whatever the strategy's own `custom_roi` does."""

from typing import Any

import pytest

from tests.bridge.decisions.test_bridge_own_stops import left
from tests.support.both_orders import ORDERS, protected
from tests.support.hand_candles import TWO_PERCENT, Candle
from tests.support.host import Host

BRACKET: dict[str, Any] = {"partials": [], "initial_stop": TWO_PERCENT, "engines": [{"name": "bracket"}]}


def _raise(*_: Any, **__: Any) -> float:
    raise RuntimeError


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("roi", [_raise, lambda *_, **__: "x", lambda *_, **__: float("nan"), lambda *_, **__: (0.5,)])
@pytest.mark.parametrize("on", [True, False])
def test_a_bracket_takes_profit(host: Host, order: str, roi: Any, on: bool) -> None:
    """One and a half spans of two percent: 103."""
    candles: list[Candle] = [(100.0, 100.4, 99.8, 100.2), (102.0, 104.0, 101.0, 102.0), (102.0, 104.0, 101.0, 102.0)]
    ends = left(host.play(protected({"custom_roi": roi, "use_custom_roi": on}, order, BRACKET), candles))
    assert ends[0][:2] == (103.0, "robustop_take_profit")
