"""A real live bot whose stops rest on the loopback Binance: they are placed, moved, and guarded."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from robustop_plugin.venue.market import Market
from robustop_plugin.venue.overlay import live, proxy_overlay
from robustop_plugin.venue.server import Venue
from tests.support.bot import Bot, ask, move_price

SPOT, PERPETUAL = "BTC/USDT", "BTC/USDT:USDT"
MARKETS = (Market(SPOT, "BTC", "USDT", 0.01, 0.00001), Market(PERPETUAL, "BTC", "USDT", 0.1, 0.001, settle="USDT"))
TWO_LOOPS = 8.0
"""Seconds within which a position is left, on a busy machine, with a loop every second."""

SOURCE = """
from freqtrade.strategy import IStrategy

from robustop_plugin import RobustopMixin
from robustop_plugin.bridge.callbacks import conflicts

conflicts.STOPS_ON_EXCHANGE = True


class Kept(RobustopMixin, IStrategy):
    timeframe, stoploss, minimal_roi, can_short = "5m", -0.10, {}, CAN_SHORT
    startup_candle_count = 30
    order_types = {
        "entry": "market", "exit": "market", "stoploss": "limit", "stoploss_on_exchange": True,
        "stoploss_on_exchange_limit_ratio": 0.99,
    }
    robustop = {
        "engines": [{"name": "smart_trail", "activation_percent": 1.0, "distance_percent": 1.0}],
        "initial_stop": {"kind": "percent", "percent": 2.0},
        "breakeven": {"mode": "percent"},
        "partials": [],
    }

    def populate_indicators(self, dataframe, metadata): return dataframe
    def populate_entry_trend(self, dataframe, metadata): return dataframe
    def populate_exit_trend(self, dataframe, metadata): return dataframe
"""


@pytest.fixture
def trading() -> Iterator[tuple[Venue, str]]:
    """Serve a venue with a price, and a proxy that keeps Binance's addresses."""
    venue = Venue(MARKETS)
    with venue.serve(proxy_port=0) as url:
        for market in MARKETS:
            move_price(url, market.pair, 60000)
        yield venue, url


@pytest.fixture
def bot(request: pytest.FixtureRequest, trading: tuple[Venue, str], tmp_path: Path) -> Iterator[Bot]:
    """Run a bot that trades live through the venue's proxy, spot or futures."""
    futures = bool(request.param)
    overlay = live(proxy_overlay(str(trading[0].proxy_url), [PERPETUAL if futures else SPOT], futures=futures))
    bot = Bot(tmp_path, overlay, "Kept", SOURCE.replace("CAN_SHORT", f"{futures}"), stake_amount=1000)
    try:
        bot.start()
        yield bot
    finally:
        bot.kill()


def state(url: str) -> Any:
    """Return the venue's state."""
    return ask(url, "/_control/state")[1]


def stops(url: str) -> list[float]:
    """Return the prices of the stops that rest."""
    return [stop["stop"] for stop in state(url)["stops"]]


def left_at(bot: Bot, url: str, pair: str, price: float) -> Any:
    """Move the price beyond the stop's limit; return the trade that was closed within two loops."""
    began = time.time()
    move_price(url, pair, price)
    bot.eventually(lambda: not bot.rest("/status"), "the exit")
    (closed,) = bot.rest("/trades")["trades"]
    took = closed["close_timestamp"] / 1000 - began
    assert 0 <= took <= TWO_LOOPS
    return closed


@pytest.mark.parametrize("bot", [False], indirect=True)
def test_a_spot_stop_rests_moves_and_is_guarded(bot: Bot, trading: tuple[Venue, str]) -> None:
    """The first order has robustop's stop; after a gap beyond its limit the bot leaves at market."""
    url = trading[1]
    bot.rest("/forceenter", "POST", {"pair": SPOT})
    bot.eventually(lambda: stops(url), "the first stop")
    # 2 % below 60000.01 is 58800.0098; Freqtrade's own stop would be at 54000.01.
    assert stops(url) == [58800.01]
    move_price(url, SPOT, 63000)
    bot.eventually(lambda: stops(url) == [62370.0], "the trail")  # 1 % below 63000
    move_price(url, SPOT, 63010)  # 0.016 % more: the gate holds the order where it is
    bot.eventually(lambda: bot.rest("/status")[0]["current_rate"] == 63010, "a look at it")
    assert stops(url) == [62370.0]
    ((number, _),) = [(stop["order"], stop) for stop in state(url)["stops"]]
    assert ask(url, "/_control/cancel", "POST", {"order": number})[0] == 200
    bot.eventually(lambda: stops(url) == [62370.0], "the stop after it was canceled by hand")

    # Far beyond the limit of 61746.3.
    closed = left_at(bot, url, SPOT, 60000)
    assert (closed["exit_reason"], closed["close_rate"]) == ("robustop_stop_guard", 60000)
    shown = state(url)
    assert (shown["stops"], shown["orders"]) == ([], [])
    assert [fill["side"] for fill in shown["fills"]] == ["BUY", "SELL"]


@pytest.mark.parametrize("bot", [True], indirect=True)
def test_a_short_stop_rests_moves_and_is_guarded(bot: Bot, trading: tuple[Venue, str]) -> None:
    """The same for a short perpetual, whose stop does not block anything."""
    url = trading[1]
    bot.rest("/forceenter", "POST", {"pair": PERPETUAL, "side": "short", "leverage": 2})
    bot.eventually(lambda: stops(url) == [61200.0], "the first stop")  # 2 % above 60000
    move_price(url, PERPETUAL, 57000)
    bot.eventually(lambda: stops(url) and stops(url)[0] < 58000, "the trail")
    closed = left_at(bot, url, PERPETUAL, 61000)
    assert closed["exit_reason"] == "robustop_stop_guard"
    shown = state(url)
    assert (shown["positions"], shown["stops"], shown["orders"]) == ({}, [], [])
