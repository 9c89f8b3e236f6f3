"""Profit of an open position, and the fall of the equity from its peak: what the drawdown limit is measured with.

Amounts are in base currency, prices in quote currency, profits and balances in stake currency, fees are rates.
"""

import math

ROUNDING = 1e-9
"""In percentage points. A fall of exactly the limit counts, despite rounding errors of a sum."""


def open_profit(
    side: int,
    amount: float,
    entry: float,
    price: float,
    fee_open: float,
    fee_close: float,
    funding: float,
    realized: float,
) -> float:
    """Return the profit of a trade if its rest were closed at a price, including its partial exits.

    Args:
        side: +1 long, -1 short.
        amount: what is open.
        entry: the open rate.
        price: the price.
        fee_open: of the entry.
        fee_close: of the exit.
        funding: positive for a gain.
        realized: the profit of partial exits.
    """
    gain = side * amount * (price - entry)
    fees = amount * (entry * fee_open + price * fee_close)
    return gain - fees + funding + realized


def fall_from_peak(start: float, peak: float, profit: float) -> float:
    """Return the fall of the equity from its peak, in percent of the equity there; NaN if there was none.

    Args:
        start: the starting balance.
        peak: the highest profit so far.
        profit: the profit now.
    """
    equity = start + peak
    return 100 * (peak - profit) / equity if equity > 0 else math.nan


def reaches(fall: float, percent: float) -> bool:
    """Return True if a fall has reached the limit; both in percent."""
    return fall >= percent - ROUNDING
