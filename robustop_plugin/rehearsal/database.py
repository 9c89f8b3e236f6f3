"""The bot's trade database: what it has stored, also while it is frozen or dead, and a lock by another program."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from threading import Timer
from typing import NamedTuple

from robustop_plugin.rehearsal.facts import KnownOrder

TRADES = """
SELECT id, pair, is_open, open_rate, stop_loss, amount, exit_reason, close_profit_abs, EXISTS (
    SELECT 1 FROM orders WHERE ft_trade_id = trades.id AND filled > 0
) FROM trades ORDER BY id
"""
ORDERS = """
SELECT orders.order_id, trades.pair, orders.ft_order_side IN ('buy', 'sell')
    AND (orders.ft_order_side = 'buy') != trades.is_short, orders.ft_order_tag, orders.filled
FROM orders JOIN trades ON orders.ft_trade_id = trades.id ORDER BY orders.id
"""


SECONDS_TO_LOCK = 20.0
"""The bot writes in between."""


class StoredTrade(NamedTuple):
    """A trade.

    Attributes:
        number: its id.
        pair: its pair.
        is_open: whether the bot counts it as open.
        entry: average price of the entries.
        stop: the stop in force; None before the first.
        amount: the amount, in the base currency.
        reason: the exit reason; empty before an exit.
        profit: profit in the stake currency; 0 before the exit.
        filled: True if any order of it was filled.
    """

    number: int
    pair: str
    is_open: bool
    entry: float
    stop: float | None
    amount: float
    reason: str
    profit: float
    filled: bool


def stored_trades(database: Path) -> list[StoredTrade]:
    """Return every trade; empty if there is no database yet."""
    return [
        StoredTrade(
            number,
            pair,
            bool(is_open),
            entry or 0.0,
            stop or None,
            amount or 0.0,
            reason or "",
            profit or 0.0,
            bool(filled),
        )
        for number, pair, is_open, entry, stop, amount, reason, profit, filled in _rows(database, TRADES)
    ]


def stored_orders(database: Path) -> list[KnownOrder]:
    """Return every order; empty if there is no database yet."""
    return [
        KnownOrder(str(order), pair, bool(is_entry), tag or "", filled or 0.0)
        for order, pair, is_entry, tag, filled in _rows(database, ORDERS)
    ]


def _rows(database: Path, query: str) -> Iterator[tuple]:  # type: ignore[type-arg]
    if not database.exists():
        return
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        try:
            yield from connection.execute(query).fetchall()
        except sqlite3.OperationalError:
            # The bot is creating the tables, or is writing: the next look sees them.
            return


def lock(database: Path, seconds: float) -> Timer:
    """Keep everybody else from writing for so many seconds; reading goes on, and this returns at once what ends it."""
    connection = sqlite3.connect(database, timeout=SECONDS_TO_LOCK, isolation_level=None, check_same_thread=False)
    connection.execute("BEGIN IMMEDIATE")
    end = Timer(seconds, connection.close)
    end.daemon = True
    end.start()
    return end
