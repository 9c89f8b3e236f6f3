"""A part of an entry that Freqtrade could not sell keeps its order, and that is said once."""

from types import SimpleNamespace

import pytest
from freqtrade.persistence import LocalTrade

from robustop_plugin.bridge.entries.part_fills import PartFills
from robustop_plugin.bridge.state.open_trades import OpenTrades
from tests.support.hand_candles import PAIR
from tests.support.trades import order_of


def test_it_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    """The rest is canceled after two loops; where Freqtrade does not, the log says so two loops later."""
    trade = LocalTrade(id=1, pair=PAIR, open_rate=100.0, exchange="binance", is_short=False, amount=0.0, orders=[])
    order = order_of(trade, 100.0, 10.0, filled=0.01)
    watcher = PartFills(SimpleNamespace(get_rate=lambda *_, **__: 100.0), OpenTrades(), lambda *_: 98.0)
    assert [watcher.watch(trade, order) for _ in range(7)] == [False, False, True, True, True, True, True]
    said = [record for record in caplog.records if record.levelname == "ERROR"]
    assert len(said) == 1
    assert "was not canceled 2 times: its part may be below the smallest order of the exchange" in said[0].getMessage()
