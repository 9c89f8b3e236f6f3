"""Knows when a pair was last traded: an exchange that says a price does not say how old it is."""

from collections.abc import Mapping
from typing import Any, NamedTuple

TIMEFRAME, MINUTE = "1m", 60.0
CANDLES = 60
"""Candles that are asked for once, when a pair is seen first: what is older than an hour is old enough."""
OPEN_TIME, VOLUME = 0, 5


class Seen(NamedTuple):
    """The last change of a pair.

    Attributes:
        last: the last price.
        volume: the volume of the last 24 hours; None if the exchange does not say it.
        traded_at: when a trade was last seen, in seconds since the epoch.
    """

    last: float
    volume: float | None
    traded_at: float


class LastTrades:
    """The last trades of pairs: first from candles, then from what changes between two looks."""

    def __init__(self, client: Any) -> None:
        """Take the ccxt exchange."""
        self._client = client
        self._seen: dict[str, Seen] = {}

    def note(self, pair: str, ticker: Mapping[str, Any], now: float) -> float:
        """Take a ticker of a pair, and return when the pair was last traded, in seconds since the epoch."""
        last, volume = float(ticker["last"]), ticker.get("baseVolume")
        known = self._seen.get(pair)
        if known is None:
            traded_at = self._from_candles(pair, now)
        elif (known.last, known.volume) == (last, volume):
            traded_at = known.traded_at
        else:
            traded_at = now
        self._seen[pair] = Seen(last, volume, traded_at)
        return traded_at

    def _from_candles(self, pair: str, now: float) -> float:
        """Return when the last minute with a trade ended; now if that is not known."""
        import ccxt  # noqa: PLC0415 (was imported by whoever made the exchange)

        try:
            rows = self._client.fetch_ohlcv(pair, TIMEFRAME, limit=CANDLES)
        except ccxt.BaseError:
            # An exchange without candles of a minute: what changes from now on is seen.
            return now
        if not rows:
            return now
        traded = [row[OPEN_TIME] for row in rows if row[VOLUME]]
        begins = float(traded[-1]) / 1000 if traded else float(rows[0][OPEN_TIME]) / 1000 - MINUTE
        return min(now, begins + MINUTE)
