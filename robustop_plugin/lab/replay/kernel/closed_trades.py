"""The closed trades of runs in columns, in the order of their exits, with numbers as the host lists them."""

import math

from robustop_plugin.lab.replay.kernel.host_arithmetic import rounded
from robustop_plugin.lab.replay.kernel.tables import Floats, Market, Portfolio, Whole

MARKS = ("pair", "why", "candle", "side", "open_time", "close_time")
"""Times are in milliseconds since the epoch."""

NUMBERS = ("open_rate", "close_rate", "amount", "stake", "profit_abs", "profit_ratio", "initial_stop")


def list_closed(market: Market, shelf: Portfolio, marks: Whole, numbers: Floats) -> None:
    """Fill columns with the closed trades of books, one book after the other.

    Args:
        market: the candles.
        shelf: many books.
        marks: a row for each of `MARKS`, a column for each closed trade.
        numbers: likewise for `NUMBERS`.
    """
    place = 0
    for row in range(len(shelf.count)):
        trades = shelf.trades[row]
        for number in range(shelf.count[row][0].closed):
            one = trades[trades[number].closed]
            chance = market.signals[one.signal]
            marks[0, place], marks[1, place] = chance.pair, one.why
            marks[2, place], marks[3, place] = one.candle, chance.side
            marks[4, place], marks[5, place] = milliseconds(chance.time), milliseconds(one.time)
            numbers[0, place], numbers[1, place] = chance.rate, one.price
            numbers[2, place], numbers[3, place] = rounded(one.amount), rounded(one.stake)
            numbers[4, place], numbers[5, place], numbers[6, place] = one.profit, one.share, one.start
            place += 1


def milliseconds(seconds: float) -> int:
    """Return a moment in whole milliseconds."""
    return math.floor(seconds * 1000 + 0.5)
