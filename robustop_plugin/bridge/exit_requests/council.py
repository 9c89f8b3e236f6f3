"""The council: columns in the candles of the strategy or of a producer that request the exit of a pair's trades."""

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
"""A dataframe that was analyzed more candles ago than this counts as missing."""


class SellSignal(Protocol):
    """A source of sell signals."""

    def is_active(self, pair: str, now: datetime) -> bool:
        """Return True if a sell signal is active for a pair now."""


class Frames(NamedTuple):
    """A source of analyzed candles.

    Attributes:
        name: The name for the log.
        read: Returns the dataframe of a pair and the time of its analysis.
        seconds: Length of a candle, in seconds.
        ages: True if dataframes become stale; those of a backtest do not.
    """

    name: str
    read: Callable[[str], tuple[Any, datetime]]
    seconds: float
    ages: bool


class ColumnSignal:
    """A sell signal from two columns of the last closed candle: sentiment and a bearish outlook."""

    def __init__(self, council: Council, frames: Frames) -> None:
        """Take the settings and the source of the candles."""
        self._council = council
        self._frames = frames
        self._logged: set[tuple[str, str]] = set()

    def is_active(self, pair: str, now: datetime) -> bool:
        """Return True if sentiment is above `greed_above` and the outlook is bearish. Missing values are no signal."""
        frame, analyzed = self._frames.read(pair)
        if len(frame) == 0:
            self._log_once(pair, "there are no candles")
            return False
        if self._frames.ages and now - analyzed > timedelta(seconds=CANDLES_TO_STALE * self._frames.seconds):
            self._log_once(pair, f"the last candles are of {analyzed:%Y-%m-%d %H:%M:%S}, too old")
            return False
        sentiment = self._last(frame, pair, self._council.sentiment_column or "")
        bearish = self._last(frame, pair, self._council.bearish_column or "")
        # A comparison with NaN is False, but NaN is not equal to zero.
        return sentiment > self._council.greed_above and not math.isnan(bearish) and bearish != 0

    def _last(self, frame: Any, pair: str, column: str) -> float:
        """Return a column's value on the last candle; NaN if it is not a number."""
        if column not in frame.columns:
            self._log_once(pair, f"no column {column}")
            return math.nan
        try:
            return float(frame[column].iat[-1])
        except (TypeError, ValueError):
            self._log_once(pair, f"column {column} holds no numbers")
            return math.nan

    def _log_once(self, pair: str, what: str) -> None:
        """Log once per pair why the council gives no signal."""
        key = pair, what.split(" are of ", maxsplit=1)[0]
        if key not in self._logged:
            self._logged.add(key)
            logger.warning("robustop: the council gives no signal for %s: %s in %s", pair, what, self._frames.name)


class Councils:
    """The councils of all pairs.

    In a backtest, a signal is read once per candle and lasts until the next candle closes.

    Attributes:
        silent: True if no pair has an active council.
    """

    def __init__(self, settings: Settings, candles: AnalyzedCandles, *, simulated: bool) -> None:
        """Take the settings and candles. No signal is read yet."""
        self.silent = all(block.active_council is None for block in settings.blocks())
        self._settings = settings
        self._candles = candles
        self._simulated = simulated
        self._signals: dict[str, SellSignal | None] = {}
        self._known: dict[str, tuple[float, bool]] = {}

    def sell_requested(self, pair: str, now: datetime) -> bool:
        """Return True if a sell signal is active for a pair."""
        if self.silent:
            return False
        if pair not in self._signals:
            self._signals[pair] = self._signal_of(pair)
        signal = self._signals[pair]
        if signal is None:
            return False
        if not self._simulated:
            return signal.is_active(pair, now)
        candle = self._candles.candle(now.timestamp())
        known = self._known.get(pair)
        if known is None or known[0] != candle:
            known = self._known[pair] = candle, signal.is_active(pair, now)
        return known[1]

    def start_over(self) -> None:
        """Forget the signals of the previous backtest."""
        self._known.clear()

    def _signal_of(self, pair: str) -> SellSignal | None:
        council = self._settings.for_pair(pair).active_council
        return None if council is None else ColumnSignal(council, self._frames_of(council))

    def _frames_of(self, council: Council) -> Frames:
        dp, timeframe, producer = self._candles.dp, self._candles.timeframe, council.producer
        if producer is None:
            own = partial(dp.get_analyzed_dataframe, timeframe=timeframe)
            return Frames("the strategy's candles", own, self._candles.seconds, ages=not self._simulated)
        theirs = partial(dp.get_producer_df, timeframe=timeframe, producer_name=producer)
        return Frames(f"the candles of producer {producer}", theirs, self._candles.seconds, ages=True)


def unknown_producers(settings: Settings, config: dict[str, Any]) -> list[str]:
    """Return one sentence for each producer that Freqtrade is not connected to, with the remedy."""
    consumer = config.get("external_message_consumer") or {}
    known = [producer.get("name") for producer in consumer.get("producers", [])] if consumer.get("enabled") else []
    councils = [block.active_council for block in settings.blocks()]
    wanted = sorted({council.producer for council in councils if council and council.producer})
    return [
        f"robustop.council.producer was {name!r}: Freqtrade listens to {', '.join(map(repr, known)) or 'nobody'}; "
        "name one of external_message_consumer.producers, and set its enabled to true."
        for name in wanted
        if name not in known
    ]
