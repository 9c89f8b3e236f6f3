"""The kill switch on a real bot whose exits are limit orders at its own side of the book, while prices fall.

Such an order rests above a falling market. A panic leaves at market all the same, also past an exit that rests.
"""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from robustop_plugin.venue.datadir import markets_of
from robustop_plugin.venue.market import write_market
from robustop_plugin.venue.overlay import offline_overlay
from robustop_plugin.venue.server import Venue
from tests.conftest import ROOT
from tests.venue.bot import OWN_SIDE, Bot, move_price

START = {"BTC/USDT": 60000.0, "ETH/USDT": 3000.0, "SOL/USDT": 150.0, "XRP/USDT": 2.0, "DOGE/USDT": 0.2}
FALLS = [0.0025, 0.005, 0.0075, 0.01, 0.0125, 0.015]
"""How far prices have fallen, a step at a time."""
STRATEGY = """
from freqtrade.strategy import IStrategy
from robustop_plugin import RobustopMixin


class Resting(RobustopMixin, IStrategy):
    timeframe, stoploss, minimal_roi = "5m", -0.10, {}
    startup_candle_count = 30
    order_types = {"entry": "market", "exit": "limit", "stoploss": "limit", "stoploss_on_exchange": False}
    robustop = {"initial_stop": {"kind": "percent", "percent": 8.0}, "partials": []}

    def populate_indicators(self, dataframe, metadata): return dataframe
    def populate_entry_trend(self, dataframe, metadata): return dataframe
    def populate_exit_trend(self, dataframe, metadata): return dataframe
"""


@pytest.fixture
def venue(tmp_path: Path) -> Iterator[str]:
    """Return the address of a venue with five pairs at round prices."""
    write_market(tmp_path / "market", days=1)
    with Venue(markets_of(tmp_path / "market"), tmp_path / "market").serve() as url:
        for pair, price in START.items():
            move_price(url, pair, price)
        yield url


@pytest.fixture
def bot(tmp_path: Path, venue: str) -> Iterator[Bot]:
    """Return a running bot that holds a position in each pair."""
    folder = tmp_path / "bot"
    folder.mkdir()
    bot = Bot(folder, offline_overlay(venue, list(START)), "Resting", STRATEGY, exit_pricing=OWN_SIDE)
    bot.start()
    try:
        for pair in START:
            bot.rest("/forceenter", "POST", {"pair": pair, "side": "long"})
        bot.eventually(lambda: len(held(bot)) == len(START), "the entries")
        yield bot
    finally:
        bot.kill()


def held(bot: Bot) -> list[dict]:
    """Return the trades whose entries are filled and that have no order open."""
    return [trade for trade in bot.rest("/status") if trade["amount"] and not trade["has_open_orders"]]


def panic(bot: Bot) -> None:
    """Ask for all exits as a person does, in another process."""
    program = "from robustop_plugin.cli.main import main; main()"
    command = [sys.executable, "-c", program, "panic", "--db-url", f"sqlite:///{bot.database}", "--yes"]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)


def fall(venue: str) -> None:
    """Let all prices fall, one step a second."""
    for share in FALLS:
        for pair, price in START.items():
            move_price(venue, pair, float(f"{price * (1 - share):.5g}"))
        time.sleep(1)


def left(bot: Bot) -> dict[str, tuple[str, str]]:
    """Return of each closed trade why it was left, and by which type of order."""
    trades = bot.rest("/trades")["trades"]
    return {trade["pair"]: (trade["exit_reason"], trade["orders"][-1]["order_type"]) for trade in trades}


def test_a_panic_leaves_at_market_while_prices_fall(bot: Bot, venue: str) -> None:
    """Every position is closed by a market order before the price has fallen by 1.5 percent."""
    panic(bot)
    fall(venue)
    bot.eventually(lambda: not bot.rest("/status"), "the exits")
    assert left(bot) == dict.fromkeys(START, ("robustop_emergency", "market"))
    for trade in bot.rest("/trades")["trades"]:
        assert trade["close_rate"] > START[trade["pair"]] * (1 - FALLS[-1])


def test_a_panic_does_not_wait_behind_exits_that_rest(bot: Bot, venue: str) -> None:
    """A person's own limit exits rest at the price at which the panic finds the market: they give way."""
    for trade in bot.rest("/status"):
        bot.rest("/forceexit", "POST", {"tradeid": str(trade["trade_id"]), "ordertype": "limit"})
    bot.eventually(lambda: all(trade["has_open_orders"] for trade in bot.rest("/status")), "the resting exits")
    assert len(bot.rest("/status")) == len(START)
    panic(bot)
    bot.eventually(lambda: not bot.rest("/status"), "the exits")
    assert left(bot) == dict.fromkeys(START, ("robustop_emergency", "market"))
