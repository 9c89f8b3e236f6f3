"""Klines and mark price klines of the loopback Binance."""

from typing import Any

from robustop_plugin.venue.decimals import number
from robustop_plugin.venue.history import CLOSE, VOLUME, Candles
from robustop_plugin.venue.intervals import closings
from robustop_plugin.venue.params import Query, integer, text
from robustop_plugin.venue.refusal import unknown_interval
from robustop_plugin.venue.tape import Tape

DEFAULT_LIMIT = 500
ALWAYS = 2**53  # milliseconds; later than any candle

Row = list[Any]


def klines(tape: Tape, query: Query, most: int) -> list[Row]:
    """Return the candles that `interval`, `startTime`, `endTime` and `limit` select from a tape.

    Args:
        tape: the tape of trade or mark prices.
        query: the request's parameters.
        most: largest number of candles in an answer.

    Raises:
        Refusal: a parameter is missing or malformed, or the tape does not offer the interval.
    """
    interval = text(query, "interval")
    if not tape.offers(interval):
        raise unknown_interval()
    start, end, wanted = (integer(query, name) for name in ("startTime", "endTime", "limit"))
    limit = min(most, wanted or DEFAULT_LIMIT)
    candles = tape.candles(interval, start or 0, ALWAYS if end is None else end)
    chosen = slice(None, limit) if start is not None else slice(-limit, None)
    candles = Candles(candles.times[chosen], candles.rows[chosen])
    closed = closings(candles.times, interval)
    return [
        _row(opened, values, closing)
        for opened, values, closing in zip(candles.times.tolist(), candles.rows.tolist(), closed.tolist(), strict=True)
    ]


def without_volume(rows: list[Row]) -> list[Row]:
    """Return the klines with all volume columns 0, as Binance answers mark prices."""
    zeros = {5: "0", 7: "0", 9: "0", 10: "0"}
    return [[zeros.get(column, value) for column, value in enumerate(row)] for row in rows]


def _row(opened: int, values: list[float], closing: int) -> Row:
    volume, turnover = values[VOLUME], values[VOLUME] * values[CLOSE]
    trades = 1 if volume else 0
    bought = (number(volume / 2), number(turnover / 2))
    return [opened, *map(number, values), closing, number(turnover), trades, *bought, "0"]
