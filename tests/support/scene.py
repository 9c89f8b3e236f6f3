"""A real bot on the loopback Binance, and the events that tests cause: resting entries, fills, cancels, power cuts."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from robustop_plugin.venue.datadir import markets_of
from robustop_plugin.venue.market import write_market
from robustop_plugin.venue.overlay import live, offline_overlay
from robustop_plugin.venue.server import Venue
from tests.support.bot import OWN_SIDE, Bot, ask, eventually, move_price
from tests.support.trader import control

COINS = ("BTC", "ETH", "SOL")
TICK = 0.01

STRATEGY = """
from pathlib import Path

from freqtrade.strategy import IStrategy
from robustop_plugin import RobustopMixin


class Base(IStrategy):
    timeframe, stoploss, minimal_roi, can_short = "5m", -0.10, {}, CAN_SHORT
    startup_candle_count, position_adjustment_enable = 30, True
    order_types = {"entry": "limit", "exit": "market", "stoploss": "market", "stoploss_on_exchange": False}

    def bot_loop_start(self, **kwargs):
        path = Path(self.config["user_data_dir"]) / "loops"
        path.write_text(str(int(path.read_text()) + 1 if path.exists() else 1))

    def populate_indicators(self, dataframe, metadata): return dataframe
    def populate_entry_trend(self, dataframe, metadata): return dataframe
    def populate_exit_trend(self, dataframe, metadata): return dataframe
MORE

class Scene(RobustopMixin, Base):
    robustop = BLOCK
"""


class Scene:
    """One bot and its venue.

    Attributes:
        url: URL of the venue.
        bot: the bot process.
        futures: True for USD-M futures.
    """

    def __init__(self, url: str, bot: Bot, futures: bool) -> None:
        """Take the parts of the scene."""
        self.url = url
        self.bot = bot
        self.futures = futures

    def pair(self, coin: str) -> str:
        """Return a coin's pair."""
        return f"{coin}/USDT:USDT" if self.futures else f"{coin}/USDT"

    def price(self, coin: str, price: float) -> None:
        """Move a price; the ask is one tick above it."""
        move_price(self.url, self.pair(coin), price)

    def order(self, coin: str, side: str, price: float) -> dict[str, Any]:
        """Place a limit entry; return its trade."""
        body = {"pair": self.pair(coin), "side": side, "price": price, "ordertype": "limit"}
        return dict(self.bot.rest("/forceenter", "POST", body))

    def enter(self, coin: str, side: str, price: float) -> dict[str, Any]:
        """Place a limit entry that crosses the book; return the filled trade."""
        self.order(coin, side, price)
        self.bot.eventually(lambda: self.trades() and not self.trade()["has_open_orders"], "the fill")
        self.pass_loops(2)
        return self.trade()

    def trades(self) -> list[dict[str, Any]]:
        """Return the open trades."""
        return list(self.bot.rest("/status"))

    def trade(self) -> dict[str, Any]:
        """Return the only open trade."""
        (trade,) = self.trades()
        return trade

    def closed(self, number: int) -> dict[str, Any] | None:
        """Return a closed trade; None while it is open."""
        found = [trade for trade in self.bot.rest("/trades")["trades"] if trade["trade_id"] == number]
        return found[0] if found else None

    def pass_loops(self, count: int) -> None:
        """Wait until the bot has run this many whole loops from now on."""
        path = self.bot.folder / "loops"
        end = int(path.read_text() or 0) + count + 1
        self.bot.eventually(lambda: int(path.read_text() or 0) >= end, f"{count} loops")

    def fill(self, coin: str, part: float) -> None:
        """Fill a part of the resting order, and wait until the bot has seen the fill."""
        done = control(self.url, "fill", pair=self.pair(coin), quantity=part)["filled"]
        self.bot.eventually(lambda: abs(self.trade()["orders"][0]["filled"] - done) < 1e-9, "the part")

    def is_resting(self) -> bool:
        """Return whether an order rests at the venue."""
        return bool(ask(self.url, "/_control/state")[1]["orders"])

    def settle(self) -> dict[str, Any]:
        """Wait until no order of the trade is open and two more loops have passed; return the trade."""
        self.bot.eventually(lambda: not self.trade()["has_open_orders"], "the end of the order")
        self.pass_loops(2)
        return self.trade()

    def leave(self) -> None:
        """Close the only open trade at market."""
        number = self.trade()["trade_id"]
        self.bot.rest("/forceexit", "POST", {"tradeid": f"{number}", "ordertype": "market"})
        self.bot.eventually(lambda: not self.trades(), "the exit by hand")

    def give_up(self) -> None:
        """Cancel the entry order of the only trade, which deletes the trade."""
        # The answer describes a trade that no longer exists, so its status does not matter.
        self.bot.try_rest(f"/trades/{self.trade()['trade_id']}/open-order", "DELETE")
        self.bot.eventually(lambda: not self.trades(), "the end of the entry")

    def forget(self) -> None:
        """Delete robustop's state from the database of a stopped bot."""
        with closing(sqlite3.connect(self.bot.database)) as connection, connection:
            cursor = connection.execute("delete from trade_custom_data where cd_key = 'robustop'")
            assert cursor.rowcount == 1


@contextmanager
def scene(
    folder: Path, block: dict[str, Any], *, futures: bool = False, is_live: bool = False, more: str = "", days: int = 1
) -> Iterator[Scene]:
    """Start a bot on a venue of its own; both stop when the block ends.

    Args:
        folder: an empty folder.
        block: robustop settings.
        futures: trade USD-M futures, long and short.
        is_live: send real orders.
        more: additional methods of the strategy, below robustop.
        days: days of candles.
    """
    market, home = folder / "market", folder / "bot"
    write_market(market, days=days)
    (market / "futures").mkdir()
    home.mkdir()
    for coin in COINS:
        shutil.copy(market / f"{coin}_USDT-5m.feather", market / "futures" / f"{coin}_USDT_USDT-5m-futures.feather")
    with Venue(markets_of(market), market).serve() as url:
        pairs = [f"{coin}/USDT:USDT" if futures else f"{coin}/USDT" for coin in COINS]
        overlay = offline_overlay(url, pairs, futures=futures)
        source = STRATEGY.replace("CAN_SHORT", f"{futures}").replace("MORE", more).replace("BLOCK", repr(block))
        bot = Bot(home, live(overlay) if is_live else overlay, "Scene", source, entry_pricing=OWN_SIDE)
        made = Scene(url, bot, futures)
        try:
            bot.start()
            eventually((home / "loops").exists, "the first loop", bot.log)
            yield made
        finally:
            bot.kill()
