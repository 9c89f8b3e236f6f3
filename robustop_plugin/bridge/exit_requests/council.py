"""The council: a voice beside the stops that can ask for an exit of a pair."""

import logging
import math
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any, NamedTuple, Protocol

from robustop_plugin.bridge.facts.candles import AnalyzedCandles
from robustop_plugin.settings import Council, Settings

logger = logging.getLogger(__name__)

CANDLES_TO_STALE = 2
"""A frame that was analyzed longer ago says nothing about now."""


class SellSignal(Protocol):
    """Where a sell signal comes from."""

    def is_active(self, pair: str, now: datetime) -> bool:
        """Return whether a sell signal stands for a pair at this moment."""


class Frames(NamedTuple):
    """Where analyzed candles come from.

    Attributes:
        name: for people.
        read: returns the frame of a pair, and when it was analyzed.
        seconds: of a candle.
        ages: frames grow old; those of a backtest do not.
    """

    name: str
    read: Callable[[str], tuple[Any, datetime]]
    seconds: float
    ages: bool


class ColumnSignal:
    """A sell signal out of two columns, on the last closed candle: greed, and a bearish outlook."""

    def __init__(self, council: Council, frames: Frames) -> None:
        """Take the names of the columns, and where the frames come from."""
        self._council = council
        self._frames = frames
        self._told: set[tuple[str, str]] = set()

    def is_active(self, pair: str, now: datetime) -> bool:
        """Return whether sentiment is above greed while the outlook is bearish; what is not known is no signal."""
        frame, analyzed = self._frames.read(pair)
        if len(frame) == 0:
            self._tell(pair, "there are no candles")
            return False
        if self._frames.ages and now - analyzed > timedelta(seconds=CANDLES_TO_STALE * self._frames.seconds):
            self._tell(pair, f"the last candles are of {analyzed:%Y-%m-%d %H:%M:%S}, too old")
            return False
        sentiment = self._last(frame, pair, self._council.sentiment_column or "")
        bearish = self._last(frame, pair, self._council.bearish_column or "")
        # Nothing compares with NaN, and it is not zero.
        return sentiment > self._council.greed_above and not math.isnan(bearish) and bearish != 0

    def _last(self, frame: Any, pair: str, column: str) -> float:
        """Return a column's value on the last candle; NaN where it is no number."""
        if column not in frame.columns:
            self._tell(pair, f"no column {column}")
            return math.nan
        try:
            return float(frame[column].iat[-1])
        except (TypeError, ValueError):
            self._tell(pair, f"column {column} holds no numbers")
            return math.nan

    def _tell(self, pair: str, what: str) -> None:
        """Say once for each pair what keeps the council from speaking."""
        key = pair, what.split(" are of ", maxsplit=1)[0]
        if key not in self._told:
            self._told.add(key)
            logger.warning("robustop: the council does not speak for %s: %s in %s", pair, what, self._frames.name)


class Councils:
    """The council of each pair.

    In a backtest a signal lasts until the next candle closes, and is asked for once.
    """

    def __init__(self, settings: Settings, market: AnalyzedCandles, *, simulated: bool) -> None:
        """Take the settings; nothing is asked yet."""
        self.silent = all(block.active_council is None for block in settings.blocks())
        self._settings = settings
        self._market = market
        self._simulated = simulated
        self._signals: dict[str, SellSignal | None] = {}
        self._known: dict[str, tuple[float, bool]] = {}

    def sell_requested(self, pair: str, now: datetime) -> bool:
        """Return whether a sell signal stands for a pair."""
        if self.silent:
            return False
        if pair not in self._signals:
            self._signals[pair] = self._signal_of(pair)
        signal = self._signals[pair]
        if signal is None:
            return False
        if not self._simulated:
            return signal.is_active(pair, now)
        candle = self._market.candle(now.timestamp())
        known = self._known.get(pair)
        if known is None or known[0] != candle:
            known = self._known[pair] = candle, signal.is_active(pair, now)
        return known[1]

    def start_over(self) -> None:
        """Forget the signals of the backtest before."""
        self._known.clear()

    def _signal_of(self, pair: str) -> SellSignal | None:
        council = self._settings.for_pair(pair).active_council
        return None if council is None else ColumnSignal(council, self._frames_of(council))

    def _frames_of(self, council: Council) -> Frames:
        dp, timeframe, producer = self._market.dp, self._market.timeframe, council.producer
        if producer is None:
            own = partial(dp.get_analyzed_dataframe, timeframe=timeframe)
            return Frames("the strategy's candles", own, self._market.seconds, ages=not self._simulated)
        theirs = partial(dp.get_producer_df, timeframe=timeframe, producer_name=producer)
        return Frames(f"the candles of producer {producer}", theirs, self._market.seconds, ages=True)


def unknown_producers(settings: Settings, config: dict[str, Any]) -> list[str]:
    """Return one sentence for each producer that Freqtrade does not listen to, with what to do."""
    consumer = config.get("external_message_consumer") or {}
    known = [one.get("name") for one in consumer.get("producers", [])] if consumer.get("enabled") else []
    wanted = sorted(
        {one.active_council.producer for one in settings.blocks() if one.active_council and one.active_council.producer}
    )
    return [
        f"robustop.council.producer was {name!r}: Freqtrade listens to {', '.join(map(repr, known)) or 'nobody'}; "
        "name one of external_message_consumer.producers, and set its enabled to true."
        for name in wanted
        if name not in known
    ]
