"""A replay of candles triggers stops on the way of each candle, at the time and price of its extreme."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from robustop_plugin.venue import spot_orders
from robustop_plugin.venue.archive import instruments_of
from robustop_plugin.venue.datadir import markets_of
from robustop_plugin.venue.exchange import Exchange
from robustop_plugin.venue.replay import Replay
from tests.venue.conftest import HandClock

NOW = 1_800_000_000_000
BEGIN = datetime(2025, 1, 1, tzinfo=UTC)
CANDLE = 300_000  # milliseconds
ROWS = [
    [100.0, 100.0, 100.0, 100.0],
    [100.0, 100.0, 100.0, 100.0],
    [100.0, 101.5, 95.25, 99.0],  # falls: open, high, low, close, a quarter of the candle apart
    [99.0, 99.0, 99.0, 99.0],
]


@pytest.fixture
def exchange(tmp_path: Path, clock: HandClock) -> Exchange:
    """Return an exchange that replays the second candle onwards, from now on, at normal speed."""
    frame = pd.DataFrame(ROWS, columns=["open", "high", "low", "close"])
    dates = pd.date_range(BEGIN, periods=len(ROWS), freq=timedelta(minutes=5), unit="ms")
    frame.insert(0, "date", dates)
    frame.assign(volume=10.5).to_feather(tmp_path / "AAA_USDT-5m.feather")
    clock.now = NOW
    replay = Replay(BEGIN + timedelta(minutes=5))
    return Exchange(instruments_of(tmp_path, markets_of(tmp_path), NOW, replay), clock)


def send(exchange: Exchange, method: str, path: str, **params: object) -> Any:
    """Return an endpoint's answer."""
    query = {"symbol": "AAAUSDT", **{name: f"{value}" for name, value in params.items()}}
    return spot_orders.ENDPOINTS[method, f"/api/v3/{path}"](exchange, query)


@pytest.mark.parametrize(("limit", "status"), [(94, "FILLED"), (96, "FILLED"), (99.5, "NEW")])
def test_a_stop_meets_the_low_of_a_candle(exchange: Exchange, clock: HandClock, limit: float, status: str) -> None:
    """A stop at 97 triggers at the low of 95.25; a limit above that sells when the price returns to it, or rests."""
    send(exchange, "POST", "order", side="BUY", type="MARKET", quantity=10)
    stop = {"stopPrice": 97, "price": limit, "timeInForce": "GTC", "quantity": 9.9}
    number = send(exchange, "POST", "order", side="SELL", type="STOP_LOSS_LIMIT", **stop)["orderId"]
    clock.now = NOW + CANDLE + CANDLE // 4 * 2 - 1
    assert send(exchange, "GET", "order", orderId=number)["isWorking"] is False
    clock.now = NOW + 3 * CANDLE  # nobody asked in between
    order = send(exchange, "GET", "order", orderId=number)
    low = NOW + CANDLE + CANDLE // 4 * 2
    assert (order["status"], order["workingTime"]) == (status, low)
    sold = send(exchange, "GET", "myTrades", orderId=number)
    price, time = (95.25, low) if limit < 95.25 else (96, low + CANDLE // 4)
    assert [(float(fill["price"]), fill["time"]) for fill in sold] == ([] if status == "NEW" else [(price, time)])
