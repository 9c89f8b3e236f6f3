"""A part of an entry that Freqtrade could not sell keeps its order, and that is said once."""

from types import SimpleNamespace

import pytest
from freqtrade.persistence import LocalTrade

from robustop_plugin.bridge.entries.part_fills import PartFills
from robustop_plugin.bridge.state.open_trades import OpenTrades
from tests.support.hand_candles import PAIR
from tests.support.trades import order_of


def test_it_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    """The rest is canceled in the second loop; where Freqtrade does not, the log says so two loops later."""
    trade = LocalTrade(id=1, pair=PAIR, open_rate=100.0, exchange="binance", is_short=False, amount=0.0, orders=[])
    order = order_of(trade, 100.0, 10.0, filled=0.01)
    watcher = PartFills(SimpleNamespace(get_rate=lambda *_, **__: 100.0), OpenTrades(), lambda *_: 98.0)
    assert [watcher.watch(trade, order) for _ in range(7)] == [False, True, True, True, True, True, True]
    said = [record for record in caplog.records if record.levelname == "ERROR"]
    assert len(said) == 1
    assert "was not canceled 2 times: its part may be below the smallest order of the exchange" in said[0].getMessage()


@pytest.mark.parametrize(
    ("additions", "price", "canceled"),
    [(True, 100.0, [False, True]), (True, 97.0, [True]), (False, 97.0, [False] * 4)],
    ids=["in the second loop", "beyond the stop", "the bot checks the stop"],
)
def test_an_addition(additions: bool, price: float, canceled: list[bool]) -> None:
    """Its rest is canceled where the stop of the earlier amount rests on the exchange, as that of a first entry."""
    trade = LocalTrade(
        id=1, pair=PAIR, open_rate=100.0, exchange="binance", is_short=False, amount=10.0, orders=[], stop_loss=98.0
    )
    trade.orders.append(order_of(trade, 100.0, ft_is_open=False, status="closed", filled=10.0))
    order = order_of(trade, 99.0, 5.0, filled=2.0)
    exchange = SimpleNamespace(get_rate=lambda *_, **__: price)
    watcher = PartFills(exchange, OpenTrades(), lambda *_: 50.0, additions=additions)
    assert [watcher.watch(trade, order) for _ in canceled] == canceled
