"""An entry that fills while the bot is down gets the stop of its candles as soon as they arrive."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.support.bot import ask
from tests.support.scene import TICK, Scene, scene

PERIOD, MULTIPLE = 14, 6.0  # far from the fallback of two percent, and from the bounds
BLOCK = {
    "initial_stop": {"kind": "atr", "multiplier": MULTIPLE, "period": PERIOD},
    "partials": [],
    "breakeven": {"mode": "percent"},
}


def closed_candles(now: Scene) -> list[Any]:
    """Return bitcoin's closed five-minute candles, oldest first."""
    path = "/fapi/v1" if now.futures else "/api/v3"
    return list(ask(now.url, f"{path}/klines?symbol=BTCUSDT&interval=5m&limit=1000")[1][:-1])


def wilder(candles: list[Any]) -> float:
    """Return Wilder's average true range after the last of these candles."""
    high, low, close = (np.array([float(candle[at]) for candle in candles]) for at in (2, 3, 4))
    before = close[:-1]
    ranges = np.maximum(high[1:], before) - np.minimum(low[1:], before)
    average = float(ranges[:PERIOD].mean())
    for span in ranges[PERIOD:]:
        average += (float(span) - average) / PERIOD
    return average


@pytest.mark.parametrize(("futures", "side"), [(False, "long"), (True, "short")], ids=["spot-long", "futures-short"])
def test_the_stop_is_that_of_the_candles(tmp_path: Path, futures: bool, side: str) -> None:
    """A few loops after the restart the stop is six ATR from the fill, and never looser than at the start."""
    sign = 1 if side == "long" else -1
    with scene(tmp_path, BLOCK, futures=futures, is_live=True, days=4) as now:
        price = float(ask(now.url, "/_control/state")[1]["markets"][now.pair("BTC")]["last"])
        limit = round(price * (1 - sign * 0.001), 2)
        now.order("BTC", side, limit)
        now.pass_loops(2)
        assert now.trade()["has_open_orders"]
        now.bot.kill()
        before = wilder(closed_candles(now))
        now.price("BTC", limit)
        assert not now.is_resting()
        now.bot.start()
        now.bot.eventually(lambda: not now.trade()["has_open_orders"], "the fill that is found")
        first = now.trade()["stop_loss_abs"]
        # At a small profit: at a loss Freqtrade's own stop may lag behind robustop's.
        now.price("BTC", limit + sign)
        now.pass_loops(4)
        stop = now.trade()["stop_loss_abs"]
        # A candle may have closed in the meantime.
        averages = {before, wilder(closed_candles(now))}
    assert sign * (stop - first) >= 0
    expected = [limit - sign * MULTIPLE * average for average in averages]
    assert all(0.002 < abs(price / limit - 1) < 0.015 for price in expected), "the fallback could not be told from it"
    assert stop in [pytest.approx(price, abs=1.5 * TICK) for price in expected]
