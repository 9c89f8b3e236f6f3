"""A real live bot whose stops rest on the loopback Binance: they are placed, moved, and guarded."""

import time
from pathlib import Path
from typing import Any

from tests.support.bot import Bot, ask, move_price
from tests.support.kept_stops import PERPETUAL, SPOT, running, state, stops, trading

TWO_LOOPS = 8.0
"""Seconds within which a position is left, on a busy machine, with a loop every second."""


def left_at(bot: Bot, url: str, pair: str, price: float) -> Any:
    """Move the price beyond the stop's limit; return the trade that was closed within two loops."""
    began = time.time()
    move_price(url, pair, price)
    bot.eventually(lambda: not bot.rest("/status"), "the exit")
    (closed,) = bot.rest("/trades")["trades"]
    took = closed["close_timestamp"] / 1000 - began
    assert 0 <= took <= TWO_LOOPS
    return closed


def test_a_spot_stop_rests_moves_and_is_guarded(tmp_path: Path) -> None:
    """The first order has robustop's stop; after a gap beyond its limit the bot leaves at market."""
    with trading() as (venue, url), running(venue, tmp_path) as bot:
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


def test_a_short_stop_rests_moves_and_is_guarded(tmp_path: Path) -> None:
    """The same for a short perpetual, whose stop does not block anything."""
    with trading() as (venue, url), running(venue, tmp_path, futures=True) as bot:
        bot.rest("/forceenter", "POST", {"pair": PERPETUAL, "side": "short", "leverage": 2})
        bot.eventually(lambda: stops(url) == [61200.0], "the first stop")  # 2 % above 60000
        move_price(url, PERPETUAL, 57000)
        bot.eventually(lambda: any(stop < 58000 for stop in stops(url)), "the trail")
        closed = left_at(bot, url, PERPETUAL, 61000)
        assert closed["exit_reason"] == "robustop_stop_guard"
        shown = state(url)
        assert (shown["positions"], shown["stops"], shown["orders"]) == ({}, [], [])
