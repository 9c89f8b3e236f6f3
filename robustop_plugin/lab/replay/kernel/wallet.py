"""Stakes: what the host's wallet allows a new trade."""

import math
from typing import NamedTuple

from robustop_plugin.lab.replay.kernel.tables import Portfolio, Table

RAISED = 1.3
"""How far the host raises a stake that is too small for the exchange."""

DOUBT = 1e-6
"""A part of the balance, far above what rounding adds to sums of stakes."""


class Wallet(NamedTuple):
    """Stakes of the open trades together, and what may be spent, in stake currency."""

    tied: float
    available: float


class Total(NamedTuple):
    """A sum, and what rounding has dropped of it."""

    whole: float
    dropped: float


def wallet_of(run: Table, book: Portfolio) -> Wallet:
    """Return what the wallet holds for a new trade."""
    return wallet_with(run, book, locked_stake(run, book))


def wallet_with(run: Table, book: Portfolio, tied: float) -> Wallet:
    """Return the same, given the stakes of the open trades together."""
    profit = book.count[0].profit
    # What was realized in open trades can be spent, and counts for the capital once they are closed.
    free = run.balance + (profit + realized(run, book) if len(book.sales) else profit) - tied
    total = run.capital + profit if not math.isnan(run.capital) else (tied + free) * run.share
    return Wallet(tied, min(total - tied, free))


def proposed(run: Table, purse: Wallet) -> float:
    """Return the stake that the host proposes for a new trade, before it looks at the exchange's bounds; 0 for none."""
    stake: float = run.stake
    if math.isinf(stake):
        stake = min((purse.available + purse.tied) / run.slots, purse.available) if run.slots != 0 else 0.0
    if run.amends:
        stake = min(stake, purse.available) if purse.available > stake * run.smallest_share else 0.0
    return stake if purse.available >= stake > 0 else 0.0


def stake_of(run: Table, book: Portfolio, least: float, most: float) -> float:
    """Return the stake of a new trade, in stake currency; 0 for none.

    Args:
        run: the host's configuration.
        book: of the trades so far.
        least: that the exchange takes; 0 for any.
        most: that it takes.
    """
    if surely_available(run, book, least, most):
        return float(run.stake)
    purse = wallet_of(run, book)
    stake, allowed = proposed(run, purse), min(most, purse.available)
    if not stake > 0 or least > allowed:
        return 0.0
    if stake < least:
        stake = least if stake * RAISED >= least else 0.0
    return min(stake, allowed)


def surely_available(run: Table, book: Portfolio, least: float, most: float) -> bool:
    """Return whether a fixed stake is there beyond doubt, so that nobody has to add up stakes as the host does."""
    if not (least <= run.stake <= most) or math.isinf(run.stake) or len(book.sales):
        return False
    return bool(wallet_with(run, book, book.count[0].tied).available > run.stake + DOUBT * run.balance)


def locked_stake(run: Table, book: Portfolio) -> float:
    """Return the stakes of the open trades together, as the host's `sum` adds them."""
    total = Total(0.0, 0.0)
    for place in range(book.count[0].open):
        total = added(total, book.trades[book.order[place].opened].stake)
    return total.whole + total.dropped if run.careful_sums else total.whole


def realized(run: Table, book: Portfolio) -> float:
    """Return what open trades have realized by selling parts, as the host's `sum` adds it."""
    total = Total(0.0, 0.0)
    for place in range(book.count[0].open):
        total = added(total, book.trades[book.order[place].opened].realized)
    return total.whole + total.dropped if run.careful_sums else total.whole


def added(total: Total, number: float) -> Total:
    """Return a total with one more number, and with what rounding it drops (Neumaier's sum, as Python's since 3.12)."""
    after = total.whole + number
    if abs(total.whole) >= abs(number):
        return Total(after, total.dropped + ((total.whole - after) + number))
    return Total(after, total.dropped + ((number - after) + total.whole))
