"""A strategy may veto an exit at its own, tighter stop, but not once the price has reached robustop's."""

from pathlib import Path
from typing import Any

import pytest

from tests.bridge.decisions.test_bridge_own_stops import follows, left
from tests.support.both_orders import ACTS, ORDERS, protected
from tests.support.hand_candles import Candle, at
from tests.support.host import Host
from tests.support.live_bot import LiveBot

VETO: dict[str, Any] = {
    "confirm_trade_exit": lambda self, *_, exit_reason, **__: exit_reason not in ("trailing_stop_loss", "stop_loss")
}


@pytest.mark.parametrize("order", ORDERS)
def test_in_a_backtest(host: Host, order: str) -> None:
    """Its stop at 108.9 is vetoed in the candle that passes 108 as well; the next open is beyond robustop's 108."""
    candles: list[Candle] = [
        (100.0, 100.4, 99.8, 100.2),
        (109.5, 110.0, 109.0, 109.5),
        (109.0, 109.2, 103.0, 103.5),
        (103.5, 103.6, 102.0, 102.0),
        (95.0, 95.0, 92.0, 92.0),
        (92.0, 92.0, 92.0, 92.0),
    ]
    played = host.play(protected({**follows([], 1.0), **VETO}, order, ACTS), candles)
    assert [end[:3] for end in left(played)] == [(103.5, "trailing_stop_loss", at(3))]


@pytest.mark.parametrize("order", ORDERS)
def test_in_a_bot(host: Host, database: None, tmp_path: Path, order: str) -> None:
    """Vetoed at 108.5, below its stop at 108.9; left in the first loop below robustop's 108."""
    bot = LiveBot(host, tmp_path / "audit", protected({**follows([], 1.0), **VETO}, order, ACTS))
    trade = bot.bought()
    for rate in (104.0, 110.0, 108.5):
        bot.loop(rate)
        assert trade.is_open
    bot.loop(107.5)
    assert (trade.is_open, trade.exit_reason) == (False, "trailing_stop_loss")
