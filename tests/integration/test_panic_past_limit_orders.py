"""The kill switch on a real bot whose exits are limit orders on its own side of the book, while prices fall.

Such an order rests above a falling market. A panic still exits at market, even past a resting exit.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from robustop_plugin.venue.datadir import markets_of
from robustop_plugin.venue.market import write_market
from robustop_plugin.venue.overlay import offline_overlay
from robustop_plugin.venue.server import Venue
from tests.conftest import ROOT
from tests.support import warm
from tests.support.bot import OWN_SIDE, Bot, move_price

COINS = [f"C{number:02d}" for number in range(20)]
START = 60000.0
STEPS = [0.0025, 0.005, 0.0075, 0.01, 0.0125, 0.015]
"""How far prices have moved against the positions, one step at a time."""
STRATEGY = """
from freqtrade.strategy import IStrategy
from robustop_plugin import RobustopMixin


class Resting(RobustopMixin, IStrategy):
    timeframe, stoploss, minimal_roi = "5m", -0.10, {}
    startup_candle_count, can_short = 30, CAN_SHORT
    order_types = {"entry": "market", "exit": "limit", "stoploss": "limit", "stoploss_on_exchange": False}
    robustop = {"initial_stop": {"kind": "percent", "percent": 8.0}, "breakeven": {"mode": "percent"}, "partials": []}

    def populate_indicators(self, dataframe, metadata): return dataframe
    def populate_entry_trend(self, dataframe, metadata): return dataframe
    def populate_exit_trend(self, dataframe, metadata): return dataframe
"""


class Many(NamedTuple):
    """A bot that holds a position in each of twenty pairs.

    Attributes:
        bot: the bot process.
        url: URL of its venue.
        pairs: traded pairs.
        against: adverse direction of prices: -1 down, for long positions; +1 up, for short ones.
    """

    bot: Bot
    url: str
    pairs: list[str]
    against: int


@pytest.fixture(params=["spot", "futures"])
def many(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Many]:
    """Return such a bot: long on spot, short on futures."""
    futures = request.param == "futures"
    market, home = tmp_path / "market", tmp_path / "bot"
    write_market(tmp_path / "embedded", days=1)
    (market / "futures").mkdir(parents=True)
    home.mkdir()
    for coin in COINS:
        name = f"futures/{coin}_USDT_USDT-5m-futures" if futures else f"{coin}_USDT-5m"
        shutil.copy(tmp_path / "embedded" / "BTC_USDT-5m.feather", market / f"{name}.feather")
    pairs = [f"{coin}/USDT:USDT" if futures else f"{coin}/USDT" for coin in COINS]
    with Venue(markets_of(market), market).serve() as url:
        for pair in pairs:
            move_price(url, pair, START)
        overlay = {**offline_overlay(url, pairs, futures=futures), "max_open_trades": 20, "dry_run_wallet": 100_000}
        source = STRATEGY.replace("CAN_SHORT", f"{futures}")
        bot = Bot(home, overlay, "Resting", source, hurries=False, exit_pricing=OWN_SIDE)
        bot.start()
        try:
            for pair in pairs:
                bot.rest("/forceenter", "POST", {"pair": pair, "side": "short" if futures else "long"})
            bot.eventually(lambda: len(held(bot)) == len(pairs), "the entries")
            yield Many(bot, url, pairs, 1 if futures else -1)
        finally:
            bot.kill()


def held(bot: Bot) -> list[dict]:
    """Return the trades with filled entries and no open order."""
    return [trade for trade in bot.rest("/status") if trade["amount"] and not trade["has_open_orders"]]


def panic(bot: Bot) -> None:
    """Request all exits from another process, as a user does."""
    command = [str(warm.BIN / "robustop"), "panic", "--db-url", f"sqlite:///{bot.database}", "--yes"]
    warm.run(command, cwd=ROOT, check=True, capture_output=True)


def move_against(many: Many) -> None:
    """Move all prices against the positions, one step in each loop of the bot."""
    for share in STEPS:
        for pair in many.pairs:
            move_price(many.url, pair, START * (1 + many.against * share))
        before = many.bot.rest("/health")["last_process"]
        many.bot.eventually(lambda before=before: many.bot.rest("/health")["last_process"] != before, "a loop")


def left(bot: Bot) -> dict[str, tuple[str, str]]:
    """Return exit reason and order type of each closed trade."""
    trades = bot.rest("/trades")["trades"]
    return {trade["pair"]: (trade["exit_reason"], trade["orders"][-1]["order_type"]) for trade in trades}


def test_a_panic_leaves_at_market_while_prices_run_away(many: Many) -> None:
    """All twenty positions are closed by market orders before the price has moved by 1.5 percent."""
    panic(many.bot)
    move_against(many)
    many.bot.eventually(lambda: not many.bot.rest("/status"), "the exits")
    assert left(many.bot) == dict.fromkeys(many.pairs, ("robustop_emergency", "market"))
    moved = [many.against * (trade["close_rate"] / START - 1) for trade in many.bot.rest("/trades")["trades"]]
    assert max(moved) < STEPS[-1]


def test_a_panic_does_not_wait_behind_exits_that_rest(many: Many) -> None:
    """The user's own limit exits rest at the price at which the panic finds the market: they are cancelled."""
    bot = many.bot
    for trade in bot.rest("/status"):
        bot.rest("/forceexit", "POST", {"tradeid": str(trade["trade_id"]), "ordertype": "limit"})
    bot.eventually(lambda: all(trade["has_open_orders"] for trade in bot.rest("/status")), "the resting exits")
    assert len(bot.rest("/status")) == len(many.pairs)
    panic(bot)
    bot.eventually(lambda: not bot.rest("/status"), "the exits")
    assert left(bot) == dict.fromkeys(many.pairs, ("robustop_emergency", "market"))
