"""Runs of many blocks side by side: all come through one stretch of time, then through the next.

What a run looks at is spread over all candles of all pairs. So the candles of a stretch are at hand for each run, and
are not fetched from far away once for every run.
"""

from robustop_plugin.lab.replay.kernel.portfolio import NEVER, force_all, run_through
from robustop_plugin.lab.replay.kernel.position_size import Tiers
from robustop_plugin.lab.replay.kernel.setting_tables import Asked, rules_at
from robustop_plugin.lab.replay.kernel.tables import Book, Market, Table

STRETCH = 16
"""Chances to enter, of all pairs together."""


def play_all(market: Market, asked: Asked, roi: Table, tiers: Tiers, shelf: Book) -> None:
    """Fill empty books, one for each block, with all trades, those that are closed after the last candle included."""
    signals, done = market.signals, 0
    while done < len(signals):
        done += STRETCH
        until = signals[done].time if done < len(signals) else NEVER
        for row in range(len(asked.choices)):
            run_through(market, rules_at(asked, row, roi, tiers), book_at(shelf, row), until)
    for row in range(len(asked.choices)):
        force_all(market, asked.runs[row], book_at(shelf, row))


def book_at(shelf: Book, row: int) -> Book:
    """Return one of many books."""
    return Book(shelf.trades[row], shelf.standing[row], shelf.order[row], shelf.count[row], shelf.sales[row])
