"""One trade in a real dry run: entry, three stop moves, a power cut, and the stop."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from robustop_plugin.venue.datadir import markets_of
from robustop_plugin.venue.market import write_market
from robustop_plugin.venue.overlay import offline_overlay
from robustop_plugin.venue.server import Venue
from tests.support.bot import Bot, move_price

PAIR = "BTC/USDT"
TICK = 0.01
STRATEGY = """
from freqtrade.strategy import IStrategy
from robustop_plugin import RobustopMixin


class Waits(RobustopMixin, IStrategy):
    timeframe, stoploss, minimal_roi = "5m", -0.10, {}
    startup_candle_count = 30
    order_types = {"entry": "market", "exit": "market", "stoploss": "market", "stoploss_on_exchange": False}
    robustop = {
        "engines": [{"name": "hand_span"}],
        "initial_stop": {"kind": "percent", "percent": 1.0},
        "breakeven": {"mode": "percent", "fee_percent": 0.2, "slippage_percent": 0.05},
        "partials": [],
    }

    def populate_indicators(self, dataframe, metadata): return dataframe
    def populate_entry_trend(self, dataframe, metadata): return dataframe
    def populate_exit_trend(self, dataframe, metadata): return dataframe
"""


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    """Serve a market whose price the test moves."""
    write_market(tmp_path / "market", days=1)
    with Venue(markets_of(tmp_path / "market"), tmp_path / "market").serve() as url:
        yield url


@pytest.fixture
def bot(url: str, tmp_path: Path) -> Iterator[Bot]:
    """Yield a bot on that venue, stopped at the end of the test."""
    folder = tmp_path / "bot"
    folder.mkdir()
    bot = Bot(folder, offline_overlay(url, [PAIR]), "Waits", STRATEGY)
    yield bot
    bot.kill()


def status_of(bot: Bot) -> dict[str, Any]:
    """Return the only open trade."""
    (trade,) = bot.rest("/status")
    return dict(trade)


def state_in(database: Path) -> dict[str, Any]:
    """Return robustop's state from the trade database."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        (row,) = connection.execute("select cd_value from trade_custom_data where cd_key = 'robustop'")
    return dict(json.loads(row[0]))


def highest_in(database: Path) -> float:
    """Return Freqtrade's own highest price of the trade."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        ((highest,),) = connection.execute("select max_rate from trades")
    return float(highest)


def is_kept(bot: Bot, best: float) -> bool:
    """Return whether the state in the database has that best price."""
    return bool(abs(state_in(bot.database)["memory"]["best"] - best) < TICK / 2)


def move_to(bot: Bot, url: str, price: float, stop: float) -> None:
    """Move the price up and wait until the stop has followed, in Freqtrade and in robustop's state."""
    move_price(url, PAIR, price)
    near = TICK * 1.01
    bot.eventually(lambda: abs(status_of(bot)["stop_loss_abs"] - stop) < near, f"a stop at {stop} for {price}")
    bot.eventually(lambda: is_kept(bot, price), f"a best price of {price} in the database")
    assert state_in(bot.database)["memory"]["stop"] == status_of(bot)["stop_loss_abs"]


def test_a_trade_survives_a_power_cut_and_ends_at_its_stop(bot: Bot, url: str) -> None:
    """Each span moves the stop; kill -9 loses nothing; the fall exits at the last stop."""
    move_price(url, PAIR, 50000)
    bot.start()
    bot.rest("/forceenter", "POST", {"pair": PAIR, "side": "long"})
    bot.eventually(lambda: bot.rest("/status"), "the entry")
    bot.eventually(lambda: not status_of(bot)["has_open_orders"], "the fill")
    trade = status_of(bot)
    entry, first_stop = trade["open_rate"], trade["stop_loss_abs"]
    assert entry == 50000.01
    assert first_stop == pytest.approx(entry * 0.99, abs=TICK)
    assert trade["initial_stop_loss_abs"] == pytest.approx(entry * 0.90, abs=TICK)
    span = entry - first_stop

    move_to(bot, url, round(entry + 1.1 * span, 2), stop=entry * 1.0025)
    move_to(bot, url, round(entry + 2.1 * span, 2), stop=entry + span)
    best = round(entry + 3.1 * span, 2)
    move_to(bot, url, best, stop=entry + 2 * span)

    before, stop = state_in(bot.database), status_of(bot)["stop_loss_abs"]
    assert before["sequence"] == 4  # the initial stop and three moves
    bot.kill()
    assert state_in(bot.database) == before
    bot.start()
    # Slightly higher, but within the same span: the state continues from where it was.
    move_price(url, PAIR, best + 1)
    bot.eventually(lambda: highest_in(bot.database) == best + 1, "the next best price, which Freqtrade keeps")
    assert state_in(bot.database) == before
    assert status_of(bot)["stop_loss_abs"] == stop

    falls_to = round(stop - TICK, 2)
    move_price(url, PAIR, falls_to)
    bot.eventually(lambda: not bot.rest("/status"), "the exit")
    (closed,) = bot.rest("/trades")["trades"]
    assert closed["exit_reason"] == "trailing_stop_loss"
    assert closed["close_rate"] == falls_to
    assert closed["stop_loss_abs"] == stop
