"""Settings, strategies and a bot for resting entries."""

from typing import Any

from tests.support.hand_candles import PERCENT, TWO_PERCENT
from tests.support.host import Host
from tests.support.order_book import Book
from tests.support.resting_orders import RestingBot, Rests

BTC, PERPETUAL = "BTC/USDT", "BTC/USDT:USDT"
LADDER = {"name": "r_ladder", "rungs": [[1.0, "breakeven"], [3.0, 2.0]]}
PARTS = [[2.0, 0.5], [3.0, 0.25], [4.0, "rest"]]
PLAIN: dict[str, Any] = {"engines": [LADDER], "initial_stop": TWO_PERCENT, "breakeven": PERCENT, "partials": []}
PARTIALS = {**PLAIN, "partials": PARTS}
PORTION = {**PLAIN, "engines": [{"name": "hand_span", "portion": 0.5}]}
BLOCKS = {"plain": PLAIN, "partials": PARTIALS, "portion": PORTION}


class Shorts(Rests):
    """Also sells short."""

    can_short = True


class Keeps(Rests):
    """Gets no `adjust_trade_position` calls, unless robustop enables them."""

    position_adjustment_enable = False


def started(host: Host, block: dict[str, Any], *, rate: float = 60000.0, live: bool = True) -> RestingBot:
    """Return a bot with candles of range 75."""
    futures = host.base["trading_mode"] == "futures"
    adjusts = bool(block["partials"]) or "portion" in block["engines"][0]
    strategy = Shorts if futures else (Rests if adjusts else Keeps)
    bot = RestingBot(host, Book(rate), strategy, live=live, robustop=block)
    bot.analyze(PERPETUAL if futures else BTC, 75.0, rate)
    return bot
