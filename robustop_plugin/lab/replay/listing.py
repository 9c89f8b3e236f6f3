"""The closed trades of a run in columns, in the order of their exits, with numbers as the host lists them."""

from robustop_plugin.lab.replay.accounts import rounded
from robustop_plugin.lab.replay.candles import Book, Floats, Market, Whole
from robustop_plugin.lab.replay.trade import FORCED

MARKS = ("pair", "why", "candle", "side")
NUMBERS = (
    *("open_time", "close_time", "open_rate", "close_rate", "amount", "stake"),
    *("profit_abs", "profit_ratio", "initial_stop"),
)
"""Times are in seconds since the epoch."""


def list_closed(market: Market, ends: Floats, book: Book, marks: Whole, numbers: Floats) -> None:
    """Fill columns with the closed trades of a book.

    Args:
        market: the candles.
        ends: when the last main candle of each pair opened, in seconds.
        book: of the run.
        marks: a row for each of `MARKS`, a column for each closed trade.
        numbers: likewise for `NUMBERS`.
    """
    for place in range(book.count[0].closed):
        one = book.trades[book.order[place].closed]
        chance = market.signals[one.signal]
        marks[0, place], marks[1, place], marks[2, place], marks[3, place] = (
            chance.pair,
            one.why,
            one.candle,
            chance.side,
        )
        numbers[0, place] = chance.time
        numbers[1, place] = ends[chance.pair] if one.why == FORCED else market.candles[one.candle].time
        numbers[2, place], numbers[3, place] = one.rate, one.price
        numbers[4, place], numbers[5, place] = rounded(one.amount), rounded(one.stake)
        numbers[6, place], numbers[7, place], numbers[8, place] = one.profit, one.share, one.start
