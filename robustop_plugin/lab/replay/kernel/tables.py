"""The tables of a replay: what a run reads of the market, and what it writes.

Rows are numpy records (`row_types.py`): compiled code reads their fields by name, and passes a row as one address.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from robustop_plugin.lab.replay.kernel.row_types import OPEN_TRADE, PAIR_STATE, SALE, TOTALS, TRADE

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
Table = Any
"""A numpy array of records."""

WIDE = 8
"""Number of candles whose extremes are kept together, so that they can be skipped in one step."""


class Market(NamedTuple):
    """All that a run reads of the market. Candles of all pairs lie one behind the other.

    Attributes:
        low: Lowest price of each candle.
        high: Highest price of each candle.
        lows: Lowest price of each `WIDE` candles together.
        highs: Highest price of each `WIDE` candles together.
        closed_low: Lowest price of the last main candle that closed before each candle; without meaning if no stop
            waits for closes.
        closed_high: Highest price of that main candle; likewise.
        exits_long: For each candle the index of the next one, or its own, with an exit signal for long trades.
        exits_short: The same for short trades; without meaning if there are no short signals.
        sell_signals: Index of each candle at which the council requests an exit, ascending.
        candles: A row of `CANDLE` for each candle.
        columns: A row of `COLUMNS` for each candle.
        payments: A row of `PAYMENT` for each funding payment, pair by pair.
        pairs: A row of `PAIR` for each pair.
        signals: A row of `SIGNAL` for each entry signal, in the order of time, then of the whitelist.
        decimals: A row of `SIGNAL_DECIMALS` for each signal.
    """

    low: Floats
    high: Floats
    lows: Floats
    highs: Floats
    closed_low: Floats
    closed_high: Floats
    exits_long: Whole
    exits_short: Whole
    sell_signals: Whole
    candles: Table
    columns: Table
    payments: Table
    pairs: Table
    signals: Table
    decimals: Table


class Portfolio(NamedTuple):
    """All that a run writes. Many runs lie side by side with one more dimension in front.

    Attributes:
        trades: A row of `TRADE` for each trade, in the order of entries.
        pair_states: A row of `PAIR_STATE` for each pair.
        open_trades: A row of `OPEN_TRADE` for each open trade; there is room for as many as there are pairs.
        totals: One row of `TOTALS`.
        sales: A row of `SALE` for each partial sale; empty if nothing is sold in parts.
    """

    trades: Table
    pair_states: Table
    open_trades: Table
    totals: Table
    sales: Table


def wide(extremes: Floats, farther: np.ufunc) -> Floats:
    """Return the extremes of each `WIDE` candles together; NaN where one of them is. Candles left over are dropped.

    Args:
        extremes: Lowest or highest price of each candle.
        farther: Chooses the more extreme of two prices.
    """
    whole = len(extremes) // WIDE
    together: Floats = farther.reduce(extremes[: whole * WIDE].reshape(whole, WIDE), axis=1)
    return together


def empty_portfolios(count: int, signals: int, pairs: int, sales: int = 0) -> Portfolio:
    """Return portfolios without trades.

    Args:
        count: Number of runs.
        signals: Number of signals; each may open one trade.
        pairs: Number of pairs.
        sales: Largest number of partial sales of one trade.
    """
    standing = records((count, pairs), PAIR_STATE)
    standing["until"], standing["locked_until"] = np.nan, -1
    counts = records((count, 1), TOTALS)
    counts["next_end"], counts["looked_at"] = np.inf, np.nan
    # What was never written is never read: so much memory need not be cleared for each run.
    trades, sold = np.empty((count, signals), TRADE), np.empty((count, signals * sales), SALE)
    return Portfolio(
        trades.view(np.recarray), standing, records((count, pairs), OPEN_TRADE), counts, sold.view(np.recarray)
    )


def records(count: int | tuple[int, ...], kind: np.dtype[Any]) -> Table:
    """Return a table of zeros."""
    return np.zeros(count, kind).view(np.recarray)
