"""The life that is played: a position's entry, breakeven, two partial exits, and its stop.

All prices follow from an entry at 60000 and a risk `R` of two percent of it: `hand_span` moves the stop to breakeven
at 1R, and then stays one R behind the best price; a half is sold at 2R and a quarter at 3R.
"""

from pathlib import Path
from typing import NamedTuple

ENTRY = 60_000.0
RISK = 0.02
"""The initial stop's distance, of the entry."""
PAIR, PERPETUAL = "BTC/USDT", "BTC/USDT:USDT"
STRATEGY = "Killed"
SIGNAL = "signal"
"""File in the bot's folder: while it is there, the entry signal stands."""

SOURCE = '''"""A strategy with stops and partial exits that depend on the entry alone."""

from pathlib import Path

from freqtrade.strategy import IStrategy

from robustop_plugin import RobustopMixin


class {name}(RobustopMixin, IStrategy):
    timeframe, stoploss, minimal_roi, can_short = "5m", -0.10, {{}}, {futures}
    startup_candle_count, process_only_new_candles = 30, False
    order_types = {{
        "entry": "market", "exit": "market", "stoploss": "{stop_type}", "stoploss_on_exchange": {on_exchange},
        "stoploss_on_exchange_limit_ratio": 0.99,
    }}
    robustop = {{
        "engines": [{{"name": "hand_span"}}],
        "initial_stop": {{"kind": "percent", "percent": {percent}}},
        "breakeven": {{"mode": "percent"}},
        "partials": [[2.0, 0.5], [3.0, 0.25]],
    }}

    def populate_indicators(self, dataframe, metadata):
        return dataframe

    def populate_entry_trend(self, dataframe, metadata):
        dataframe["enter_{side}"] = int(Path({signal!r}).exists())
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        return dataframe

    def leverage(self, pair, current_time, current_rate, proposed_leverage, max_leverage, entry_tag, side, **kwargs):
        return {leverage}
'''


class Variant(NamedTuple):
    """How a life is played.

    Attributes:
        market: `spot` or `futures`.
        side: `long` or `short`.
        stop: `bot` or `exchange`: where the stop is.
        database: `sqlite` or `postgres`.
    """

    market: str
    side: str
    stop: str
    database: str

    @property
    def name(self) -> str:
        """Its name."""
        return "-".join(self)

    @property
    def futures(self) -> bool:
        """True for perpetuals."""
        return self.market == "futures"

    @property
    def sign(self) -> int:
        """+1 for long, -1 for short."""
        return 1 if self.side == "long" else -1

    @property
    def on_exchange(self) -> bool:
        """True if the stop rests on the exchange."""
        return self.stop == "exchange"

    @property
    def pair(self) -> str:
        """The pair."""
        return PERPETUAL if self.futures else PAIR

    def price(self, r: float) -> float:
        """Return the price at a multiple of the risk."""
        return ENTRY * (1 + self.sign * RISK * r)

    def source(self, folder: Path) -> str:
        """Return the source of the strategy of a bot in a folder."""
        return SOURCE.format(
            name=STRATEGY,
            futures=self.futures,
            stop_type="market" if self.futures else "limit",
            on_exchange=self.on_exchange,
            percent=RISK * 100,
            side=self.side,
            signal=str(folder / SIGNAL),
            leverage=2.0 if self.futures else 1.0,
        )


class Step(NamedTuple):
    """A price, and what the bot has to do there before the next one.

    Attributes:
        name: its name.
        r: the price, in multiples of the risk from the entry.
        sales: number of sales that have been filled after it.
        closed: True if the position is closed after it.
        signal: True while an entry signal stands.
    """

    name: str
    r: float
    sales: int
    closed: bool = False
    signal: bool = False


LIFE = (
    Step("entry", 0.0, 0, signal=True),
    Step("breakeven", 1.1, 0),
    Step("first rung", 2.2, 1),
    Step("setback", 1.6, 1),
    Step("second rung", 3.3, 2),
    Step("stop", 1.9, 3, closed=True),
)

KINDS = (("spot", "long"), ("futures", "long"), ("futures", "short"))
STOPS = ("bot", "exchange")


def variants(database: str) -> list[Variant]:
    """Return every way to play a life with a database."""
    return [Variant(market, side, stop, database) for market, side in KINDS for stop in STOPS]
