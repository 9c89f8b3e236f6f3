"""A real live bot on the loopback Binance, whose loop reads a forced trade before its fill was written."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.kept_stops import PERPETUAL, SPOT, fault, loops, running, stops, trading

SLOW_LOOP = """
import time
from freqtrade.freqtradebot import FreqtradeBot

begin = FreqtradeBot.update_trades_without_assigned_fees

def begin_slowly(self):
    begin(self)
    time.sleep(0.6)

FreqtradeBot.update_trades_without_assigned_fees = begin_slowly
"""
"""The loop waits before it reads its open trades: a forced trade is then most likely written meanwhile."""
BALANCES = {False: "GET /api/v3/account", True: "GET /fapi/v3/account"}
TRIES = 3


@pytest.mark.parametrize("futures", [False, True], ids=["spot", "futures"])
def test_the_first_order_has_the_engines_stop(tmp_path: Path, futures: bool) -> None:
    """The loop reads the trade as ordered, and places its first stop order from the trade as filled."""
    pair = PERPETUAL if futures else SPOT
    with trading() as (venue, url), running(venue, tmp_path, futures=futures, more=SLOW_LOOP) as bot:
        for _ in range(TRIES):
            # The balances are read for the stake, and again after the order was written.
            fault(url, BALANCES[futures], "slow", seconds=1.5, skip=1, count=1)
            bot.rest("/forceenter", "POST", {"pair": pair})
            bot.eventually(lambda: stops(url), "the stop")
            loops(bot, 2)
            bot.rest("/forceexit", "POST", {"tradeid": "all", "ordertype": "market"})
            bot.eventually(lambda: not bot.rest("/status"), "the exit")
            for lock in bot.rest("/locks")["locks"]:
                bot.rest(f"/locks/{lock['id']}", "DELETE")
        with closing(sqlite3.connect(bot.database)) as database:
            placed = database.execute("SELECT stop_price FROM orders WHERE ft_order_side = 'stoploss'").fetchall()
        # 2 % below the price of the other side, a tick above 60000; Freqtrade's own stop is 10 % away.
        assert placed == [(58800.1 if futures else 58800.01,)] * TRIES
        assert "Unable to place stoploss order" not in bot.log.read_text()
