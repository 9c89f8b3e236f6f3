"""What a replay knows of the market and of the configuration: tables, and what stands in their rows.

Rows are numpy records: compiled code reads their fields by name, and they are handed over as one address.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
Table = Any
"""A numpy array of records."""

WIDE = 8
"""Candles that are passed over together where nothing can happen: fewer are nearly as many looks, more seldom pass."""

CANDLE = np.dtype(
    [("time", "f8"), ("open", "f8"), ("main", "i8"), ("enters_long", "?"), ("enters_short", "?")], align=True
)
"""A candle that the host steps through, of all pairs one behind the other; of a pair with detail candles, these.

`time` is when it opened, in seconds since the epoch, `main` the number of the main candle it lies in, counted from the
beginning of the run; the others: an entry signal stands.
"""

COLUMNS = np.dtype(
    [("atr", "f8"), ("atr_mean", "f8"), ("regime", "i8"), ("momentum", "f8"), ("low", "f8"), ("high", "f8")]
)
"""What the stops look at besides prices, at a candle: of the last closed one, NaN (of the regime: 0) where not known.

`low` and `high` are what the initial stop of a long and a short trade is made of: the ATR, a swing's extreme, a column.
"""

PAYMENT = np.dtype([("time", "f8"), ("fee", "f8")])
"""What a long position of one unit paid, and when, in seconds since the epoch."""

PAIR = np.dtype(
    [
        *(("first", "i8"), ("end", "i8"), ("first_payment", "i8"), ("end_payment", "i8")),
        *(("closing_time", "f8"), ("closing_open", "f8"), ("closing_low", "f8"), ("closing_high", "f8")),
        *(("lot", "f8"), ("met", "i8"), ("least_value", "f8"), ("least_amount", "f8"), ("reserve", "f8")),
        *(("first_margin", "i8"), ("end_margin", "i8")),
    ]
)
"""A pair: its candles and payments, its last main candle, its smallest amount. And, in the
order in which the host first looked at the pairs, the number of one. Last the smallest part that can be sold: its value
with all reserves, its amount without, and the factor of reserve for that; and the margins to be kept, by size."""

SIGNAL = np.dtype(
    [
        *(("candle", "i8"), ("pair", "i8"), ("side", "i8"), ("time", "f8")),
        *(("tick_size", "f8"), ("leverage", "f8"), ("least", "f8"), ("most", "f8"), ("liquidation", "f8")),
        *(("first_term", "i8"), ("end_term", "i8")),
        *(("rate", "f8"), ("step", "f8"), ("scale", "f8"), ("hard", "f8"), ("ticks", "f8"), ("ticks_rest", "f8")),
        *(("amount", "f8"), ("stake", "f8"), ("value", "f8")),
    ]
)
"""A chance to enter: where, the grid of prices that the trade will have, its leverage, the bounds of its stake, and
its liquidation price, NaN where there is none; where these follow from the stake, its terms. Then what no settings
change: the rate, the grid as numbers, the host's hard stop (NaN where the entry lies between two prices), the rate in
ticks as an exact number, and amount, stake and value of a trade of the usual stake."""

TERM = np.dtype([("up_to", "f8"), ("leverage", "f8"), ("least", "f8"), ("most", "f8")])
"""The leverage of a signal with stakes up to a number, and the bounds of the stake at that leverage."""

MARGIN = np.dtype([("least", "f8"), ("ratio", "f8"), ("amount", "f8")])
"""The margin that is to be kept from a size of position on, as a ratio of its value, less an amount."""

WRITTEN = np.dtype([(part, "f8") for one in ("entry", "value") for part in (one, f"{one}_rest")])
"""A signal's entry, and what its initial stop is made of, as exact decimals: in two parts each."""

ROI = np.dtype([("minutes", "i8"), ("ratio", "f8")])
"""A profit ratio at which the host takes profit, from an age on."""

RUN = np.dtype(
    [
        *(("fee", "f8"), ("stoploss", "f8"), ("seconds", "f8"), ("minutes", "i8"), ("ignores_roi", "?")),
        *(("futures", "?"), ("funding_seconds", "f8"), ("careful_sums", "?"), ("slots", "f8"), ("stake", "f8")),
        *(("balance", "f8"), ("capital", "f8"), ("share", "f8"), ("amends", "?"), ("smallest_share", "f8")),
        *(("exact", "?"), ("slippage_percent", "f8"), ("brackets", "f8"), ("sized", "?"), ("buffer", "f8")),
    ],
    align=True,
)
"""The configuration, and what of a block of settings stands beside the engines.

`fee` is the rate of each fill, `stoploss` the hard stop as a ratio without sign, `seconds` and `minutes` those of a
main candle. With `ignores_roi` no profit is taken while an entry signal stands. `futures` pay funding, which the host
looks for every `funding_seconds`. With `careful_sums` this Python's `sum` keeps what rounding drops. `slots` are trades
at one time (0 or less: no limit), `stake` is infinite for a part of all there is. `balance` is that of the start,
`capital` what may be used (NaN: a `share` of the balance). With `amends` the last stake may be smaller, down to
`smallest_share`. With `exact` breakeven is what a trade really pays, and `slippage_percent`. `brackets` is how many may
be open. With `sized` terms follow from the stake, and `buffer` is how far, of the way to the entry, the host keeps off
a liquidation price.
"""

TRADE = np.dtype(
    [
        *(("signal", "i8"), ("candle", "i8"), ("why", "i8"), ("time", "f8"), ("price", "f8"), ("amount", "f8")),
        *(("stake", "f8"), ("profit", "f8"), ("share", "f8"), ("start", "f8"), ("value", "f8")),
        *(("sale", "i8"), ("end_sale", "i8"), ("sold", "i8"), ("realized", "f8"), ("closed", "i8")),
    ]
)
"""A trade: its signal, the candle and the reason of its exit, the time and the price there, its amount and stake,
profit and profit ratio, initial stop, and what the entry was worth. Then the first of its sales and the one after the
last, how many of them were made by now, and the profit that they realized. And, in the order of their exits, the number
of a trade."""

SALE = np.dtype([("time", "f8"), ("amount", "f8"), ("stake", "f8"), ("brought", "f8"), ("at_once", "f8")])
"""A part of a position that was sold: when, the amount and the stake that are left, the profit of this trade's sales so
far, and the funding of that very moment."""

PAIR_STATE = np.dtype([("until", "f8"), ("trade", "i8"), ("locked", "i8"), ("had", "f8")])
"""A pair in the course of a run: when its open trade ends (NaN: it has none), which one that is, the main candle up to
which nothing is opened, and when it last had a trade that was closed."""

OPEN_ORDER = np.dtype([("opened", "i8"), ("pair", "i8"), ("stood", "i8")])
"""Numbers of the open trades in the order of their entries, with their pairs, and with the pairs that were open when
the host came to a candle."""

TOTALS = np.dtype(
    [
        *(("trades", "i8"), ("closed", "i8"), ("open", "i8"), ("sales", "i8")),
        *(("at", "i8"), ("state", "i8"), ("profit", "f8"), ("soonest", "f8"), ("tied", "f8")),
    ]
)
"""How many there are, the next signal, what came of the run, the profit of the closed trades together, when the next
open trade ends, and the stakes of the open ones together, up to rounding."""


class Market(NamedTuple):
    """All that a run reads of the market.

    `lows` and `highs` are extremes of `WIDE` candles together; `exits_long` and `exits_short` tell of each candle the
    next with a signal.
    """

    low: Floats
    high: Floats
    lows: Floats
    highs: Floats
    exits_long: Whole
    exits_short: Whole
    candles: Table
    columns: Table
    payments: Table
    pairs: Table
    signals: Table
    written: Table


class Portfolio(NamedTuple):
    """All that a run writes."""

    trades: Table
    standing: Table
    order: Table
    count: Table
    sales: Table


def wide(extremes: Floats, farther: np.ufunc) -> Floats:
    """Return the extremes of each `WIDE` candles together, of those that are whole; NaN where one of them is.

    Args:
        extremes: of candles.
        farther: of two numbers.
    """
    whole = len(extremes) // WIDE
    together: Floats = farther.reduce(extremes[: whole * WIDE].reshape(whole, WIDE), axis=1)
    return together


def empty_portfolios(count: int, signals: int, pairs: int, sales: int = 0) -> Portfolio:
    """Return books without trades side by side, each with room for one at each signal, and for sales of its parts."""
    standing = records((count, pairs), PAIR_STATE)
    standing["until"], standing["locked"] = np.nan, -1
    counts = records((count, 1), TOTALS)
    counts["soonest"] = np.inf
    # What was never written is never read: so much memory need not be cleared for each run.
    trades, sold = np.empty((count, signals), TRADE), np.empty((count, signals * sales), SALE)
    return Portfolio(
        trades.view(np.recarray), standing, records((count, pairs), OPEN_ORDER), counts, sold.view(np.recarray)
    )


def records(count: int | tuple[int, ...], kind: np.dtype[Any]) -> Table:
    """Return a table of zeros."""
    return np.zeros(count, kind).view(np.recarray)
