"""The closed trades of a run in columns, in the order of their exits, with numbers as the host lists them."""

from robustop_plugin.lab.replay.accounts import rounded
from robustop_plugin.lab.replay.candles import Book, Floats, Market, Whole

MARKS = ("pair", "why", "candle", "side")
NUMBERS = (
    *("open_time", "close_time", "open_rate", "close_rate", "amount", "stake"),
    *("profit_abs", "profit_ratio", "initial_stop"),
)
"""Times are in seconds since the epoch."""


def list_closed(market: Market, book: Book, marks: Whole, numbers: Floats) -> None:
    """Fill columns with the closed trades of a book.

    Args:
        market: the candles.
        book: of the run.
        marks: a row for each of `MARKS`, a column for each closed trade.
        numbers: likewise for `NUMBERS`.
    """
    trades = book.trades
    for place in range(book.count[0].closed):
        one = trades[trades[place].closed]
        chance = market.signals[one.signal]
        marks[0, place], marks[1, place], marks[2, place], marks[3, place] = (
            chance.pair,
            one.why,
            one.candle,
            chance.side,
        )
        numbers[0, place], numbers[1, place] = chance.time, one.time
        numbers[2, place], numbers[3, place] = chance.rate, one.price
        numbers[4, place], numbers[5, place] = rounded(one.amount), rounded(one.stake)
        numbers[6, place], numbers[7, place], numbers[8, place] = one.profit, one.share, one.start
