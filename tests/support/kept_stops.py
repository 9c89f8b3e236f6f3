"""Real live bots on the loopback Binance whose stops rest there."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from robustop_plugin.venue.market import Market, write_market
from robustop_plugin.venue.overlay import live, proxy_overlay
from robustop_plugin.venue.server import Venue
from tests.support.bot import Bot, ask, move_price

SPOT, PERPETUAL = "BTC/USDT", "BTC/USDT:USDT"
MARKETS = (Market(SPOT, "BTC", "USDT", 0.01, 0.00001), Market(PERPETUAL, "BTC", "USDT", 0.1, 0.001, settle="USDT"))

SOURCE = """
from freqtrade.strategy import IStrategy

from robustop_plugin import RobustopMixin

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
        "partials": PARTIALS,
    }

    def populate_indicators(self, dataframe, metadata): return dataframe
    def populate_exit_trend(self, dataframe, metadata): return dataframe

    def populate_entry_trend(self, dataframe, metadata):
        dataframe["enter_long"] = SIGNAL
        return dataframe
"""


@contextmanager
def trading(candles: Path | None = None) -> Iterator[tuple[Venue, str]]:
    """Serve a venue with a price, and a proxy that keeps Binance's addresses; with candles in a folder, spot only."""
    venue = Venue(MARKETS) if candles is None else Venue(write_market(candles, days=1), candles)
    with venue.serve(proxy_port=0) as url:
        for pair in (SPOT,) if candles else (SPOT, PERPETUAL):
            move_price(url, pair, 60000)
        yield venue, url


@contextmanager
def running(
    venue: Venue, folder: Path, *, futures: bool = False, partials: Any = (), signal: int = 0, more: str = ""
) -> Iterator[Bot]:
    """Run a bot that trades live through the venue's proxy; `more` follows the source of its strategy."""
    overlay = live(proxy_overlay(str(venue.proxy_url), [PERPETUAL if futures else SPOT], futures=futures))
    source = SOURCE.replace("CAN_SHORT", f"{futures}").replace("PARTIALS", repr(list(partials)))
    bot = Bot(folder, overlay, "Kept", source.replace("SIGNAL", f"{signal}") + more, stake_amount=1000)
    try:
        bot.start()
        yield bot
    finally:
        bot.kill()


def state(url: str) -> Any:
    """Return the venue's state."""
    return ask(url, "/_control/state")[1]


def additions(url: str) -> list[int]:
    """Return the numbers of the orders that rest to buy."""
    return [order["order"] for order in state(url)["orders"] if order["side"] == "BUY"]


def stops(url: str) -> list[float]:
    """Return the prices of the stops that rest."""
    return [stop["stop"] for stop in state(url)["stops"]]


def fills(url: str) -> list[tuple[str, float]]:
    """Return side and quantity of every fill."""
    return [(fill["side"], fill["quantity"]) for fill in state(url)["fills"]]


def fault(url: str, call: str, kind: str, **over: Any) -> None:
    """Let the next call of a name fail."""
    status, answer = ask(url, "/_control/fault", "POST", {"call": call, "fault": kind, **over})
    assert status == 200, answer


def loops(bot: Bot, count: int) -> None:
    """Wait until the bot has finished this many more loops."""
    for _ in range(count):
        seen = bot.rest("/health")["last_process_ts"]
        bot.eventually(lambda seen=seen: bot.rest("/health")["last_process_ts"] != seen or None, "a loop")
