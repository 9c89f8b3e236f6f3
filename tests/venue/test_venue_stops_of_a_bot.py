"""Plain Freqtrade, as a real process with live orders, keeps its stop on the venue: entry, stop, trail, stop hit."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from robustop_plugin.venue.overlay import live, proxy_overlay
from robustop_plugin.venue.server import Venue
from tests.support.bot import Bot, ask, move_price
from tests.venue.conftest import PERPETUAL, SPOT

PLAIN = """
from freqtrade.strategy import IStrategy


class Trails(IStrategy):
    timeframe, stoploss, minimal_roi, can_short = "5m", -0.02, {}, CAN_SHORT
    trailing_stop = True
    startup_candle_count = 30
    order_types = {
        "entry": "market", "exit": "market", "stoploss": STOPLOSS,
        "stoploss_on_exchange": True, "stoploss_on_exchange_interval": 0, "stoploss_on_exchange_limit_ratio": 0.99,
    }

    def populate_indicators(self, dataframe, metadata): return dataframe
    def populate_entry_trend(self, dataframe, metadata): return dataframe
    def populate_exit_trend(self, dataframe, metadata): return dataframe
"""


@pytest.fixture
def bot(request: pytest.FixtureRequest, trading: tuple[Venue, str], tmp_path: Path) -> Iterator[Bot]:
    """Run a bot that trades live through the venue's proxy, spot or futures."""
    futures = bool(request.param)
    source = PLAIN.replace("CAN_SHORT", f"{futures}").replace("STOPLOSS", '"market"' if futures else '"limit"')
    overlay = live(proxy_overlay(str(trading[0].proxy_url), [PERPETUAL if futures else SPOT], futures=futures))
    bot = Bot(tmp_path, overlay, "Trails", source, stake_amount=1000)
    try:
        bot.start()
        yield bot
    finally:
        bot.kill()


def state(url: str) -> Any:
    """Return the venue's state."""
    return ask(url, "/_control/state")[1]


def stop_at(url: str, price: float) -> Any:
    """Return the venue's only stop if it is at a price; None before."""
    stops = state(url)["stops"]
    return stops[0] if [stop["stop"] for stop in stops] == [price] else None


@pytest.mark.parametrize("bot", [False], indirect=True)
def test_a_spot_stop_is_placed_trailed_and_hit(bot: Bot, trading: tuple[Venue, str]) -> None:
    """The stop locks the bought coins 2 % below, follows the price, and sells them between stop and limit."""
    url = trading[1]
    bot.rest("/forceenter", "POST", {"pair": SPOT})
    # 2 % below 60000.01 is 58800.0098, and 1 % below that 58212.0097; both are rounded up.
    first = bot.eventually(lambda: stop_at(url, 58800.01), "the stop")
    assert (first["side"], first["limit"], first["type"]) == ("SELL", 58212.01, "STOP_LOSS_LIMIT")
    (bought,) = state(url)["fills"]
    assert state(url)["balances"]["spot"]["BTC"]["locked"] == first["quantity"]
    assert 0 <= bought["quantity"] - bought["fee"] - first["quantity"] < 0.00001

    move_price(url, SPOT, 63000)
    second = bot.eventually(lambda: stop_at(url, 61740), "the trail")  # 2 % below 63000
    assert (second["limit"], second["quantity"]) == (61122.6, first["quantity"])

    move_price(url, SPOT, 61700)
    bot.eventually(lambda: not bot.rest("/status"), "the exit")
    (closed,) = bot.rest("/trades")["trades"]
    assert (closed["exit_reason"], closed["close_rate"]) == ("stoploss_on_exchange", 61700)
    assert [(fill["side"], fill["price"]) for fill in state(url)["fills"]] == [("BUY", 60000.01), ("SELL", 61700)]
    assert (state(url)["stops"], state(url)["orders"]) == ([], [])


@pytest.mark.parametrize("bot", [True], indirect=True)
def test_a_futures_stop_is_placed_trailed_and_hit(bot: Bot, trading: tuple[Venue, str]) -> None:
    """A short at leverage 2 has its stop 1 % above; it follows the price down and buys the position back."""
    url = trading[1]
    bot.rest("/forceenter", "POST", {"pair": PERPETUAL, "side": "short", "leverage": 2})
    first = bot.eventually(lambda: stop_at(url, 60600), "the stop")  # 1 % above 60000
    assert (first["side"], first["type"], first["limit"]) == ("BUY", "STOP_MARKET", None)
    assert first["quantity"] == -state(url)["positions"][PERPETUAL]["amount"]

    move_price(url, PERPETUAL, 57000)
    # 1 % above the ask of 57000.01 is 57570.0101, rounded down.
    bot.eventually(lambda: stop_at(url, 57570.01), "the trail")

    move_price(url, PERPETUAL, 57600)
    bot.eventually(lambda: not bot.rest("/status"), "the exit")
    (closed,) = bot.rest("/trades")["trades"]
    assert (closed["exit_reason"], closed["close_rate"]) == ("stoploss_on_exchange", 57600.01)
    shown = state(url)
    assert (shown["positions"], shown["stops"], shown["orders"]) == ({}, [], [])
