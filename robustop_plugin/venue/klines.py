"""Candles as Binance answers them: klines and markPriceKlines."""

from typing import Any

from robustop_plugin.venue.decimals import number
from robustop_plugin.venue.history import CLOSE, VOLUME, Candles
from robustop_plugin.venue.intervals import closings
from robustop_plugin.venue.params import Query, integer, text
from robustop_plugin.venue.refusal import unknown_interval
from robustop_plugin.venue.tape import Tape

DEFAULT_LIMIT = 500
ALWAYS = 2**53  # a moment after all moments

Row = list[Any]


def klines(tape: Tape, query: Query, most: int) -> list[Row]:
    """Return what `interval`, `startTime`, `endTime` and `limit` ask of a tape.

    Args:
        tape: of prices.
        query: the parameters.
        most: the largest number of candles in one answer.

    Raises:
        Refusal: a parameter is missing or no number, or the tape has no such candles.
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
    """Return klines of a price that nobody trades at."""
    nothing = {5: "0", 7: "0", 9: "0", 10: "0"}
    return [[nothing.get(column, value) for column, value in enumerate(row)] for row in rows]


def _row(opened: int, values: list[float], closing: int) -> Row:
    volume, turnover = values[VOLUME], values[VOLUME] * values[CLOSE]
    trades = 1 if volume else 0
    bought = (number(volume / 2), number(turnover / 2))
    return [opened, *map(number, values), closing, number(turnover), trades, *bought, "0"]
