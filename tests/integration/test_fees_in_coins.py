"""A real live bot on the loopback Binance, whose balances cannot be read when the fee of its entry is taken off."""

from pathlib import Path

import pytest

from tests.support.bot import move_price
from tests.support.kept_stops import SPOT, fault, fills, loops, running, state, stops, trading

BALANCES = "GET /api/v3/account"
BEFORE_THE_FEE = 2
"""Freqtrade reads its balances for the stake and after the order, then for the fee."""
OUT_OF_REACH = """
from robustop_plugin.bridge.entries import coin_fees
coin_fees.bot_of = lambda strategy: None
"""
TRIES = 5
"""Freqtrade tries each request this often."""


def test_the_fee_is_taken_off_later(tmp_path: Path) -> None:
    """Freqtrade counts the coins that went for the fee; two loops later the amount fits, and the stop rests."""
    with trading() as (venue, url), running(venue, tmp_path, partials=[[1.0, 0.5], [10.0, "rest"]]) as bot:
        fault(url, BALANCES, "status", status=503, skip=BEFORE_THE_FEE, count=TRIES)
        bot.rest("/forceenter", "POST", {"pair": SPOT})
        bot.eventually(lambda: stops(url) == [58800.01], "the stop")
        log = bot.log.read_text()
        assert "Could not update trade amount" in log, "the balances were not asked for at the fee"
        assert "was taken off the amount of trade 1" in log
        ((_, bought),) = fills(url)
        # A thousandth is the fee, and the exchange's lot is 0.00001.
        assert state(url)["stops"][0]["quantity"] == pytest.approx(bought * 0.999, abs=0.00001)

        # Freqtrade counts all orders again at each fill.
        move_price(url, SPOT, 61300)
        bot.eventually(lambda: len(fills(url)) == 2 and stops(url), "the partial exit, and the stop of the rest")
        loops(bot, 2)
        (trade,) = bot.rest("/status")
        held = bought * 0.999 - fills(url)[1][1]
        assert trade["amount"] == pytest.approx(held, abs=0.00001)
        assert trade["amount"] <= held
        assert state(url)["stops"][0]["quantity"] == trade["amount"]


def test_the_remedy_works(tmp_path: Path) -> None:
    """Without Freqtrade's bot, the report names the amounts, and after a reload of the trade a stop rests."""
    with trading() as (venue, url), running(venue, tmp_path, more=OUT_OF_REACH) as bot:
        fault(url, BALANCES, "status", status=503, skip=BEFORE_THE_FEE, count=TRIES)
        bot.rest("/forceenter", "POST", {"pair": SPOT})
        report = "trade 1 of BTC/USDT counts 0.01666 BTC, but the account holds 0.01664334"
        bot.eventually(lambda: report in bot.log.read_text(), "the report")
        loops(bot, 2)
        assert stops(url) == []
        bot.rest("/trades/1/reload", "POST")
        bot.eventually(lambda: stops(url) == [58800.01], "the stop")
        loops(bot, 2)
        assert len(fills(url)) == 1
