"""Ten lots bought at 100 by a bot that buys more on request."""

from typing import Any

from tests.support.bot_loops import RecordList
from tests.support.hand_candles import PAIR, PERCENT
from tests.support.host import Host
from tests.support.order_book import Book
from tests.support.resting_orders import RestingBot, Rests
from tests.support.resting_settings import Shorts

PERPETUAL = "HAND/USDT:USDT"
SPANS = {"name": "hand_span"}
THREE = {"kind": "percent", "percent": 3.0}


def block(*engines: dict[str, Any], partials: Any = ((20.0, 0.5),)) -> dict[str, Any]:
    """Return settings with a stop three percent away."""
    rungs = [list(rung) for rung in partials]
    return {"engines": list(engines), "initial_stop": THREE, "breakeven": PERCENT, "partials": rungs}


def bought(host: Host, robustop: dict[str, Any], *, short: bool = False, sink: RecordList | None = None) -> Any:
    """Return a bot, and ten lots bought at 100 that filled at once."""
    pair = PERPETUAL if short else PAIR
    bot = RestingBot(host, Book(100.0), Shorts if short else Rests, sink=sink, robustop=robustop)
    bot.analyze(pair, 1.0)
    bot.book.rests = False
    trade = bot.enter(pair, 100.0, short=short)
    bot.loop(100.0)
    assert trade.amount == 10.0
    return bot, trade


def buy_more(bot: RestingBot, rate: float, amount: float = 10.0) -> None:
    """Buy more at a rate."""
    bot.strategy.buys = amount * rate
    bot.loop(rate)
