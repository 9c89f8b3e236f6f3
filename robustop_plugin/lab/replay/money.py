"""Stakes: what the host's wallet allows a new trade."""

import math

from robustop_plugin.lab.replay.candles import Book, Table

RAISED = 1.3
"""How far the host raises a stake that is too small for the exchange."""


def stake_of(run: Table, book: Book, least: float, most: float) -> float:
    """Return the stake of a new trade, in stake currency; 0 for none.

    Args:
        run: the host's configuration.
        book: of the trades so far.
        least: that the exchange takes; 0 for any.
        most: that it takes.
    """
    tied = tied_up(run, book)
    profit = book.count[0].profit
    free = run.balance + profit - tied
    total = run.capital + profit if not math.isnan(run.capital) else (tied + free) * run.share
    available = min(total - tied, free)
    stake: float = run.stake
    if math.isinf(stake):
        stake = min((available + tied) / run.slots, available) if run.slots != 0 else 0.0
    if run.amends:
        stake = min(stake, available) if available > stake * run.smallest_share else 0.0
    allowed: float = min(most, available)
    if available < stake or not stake > 0 or least > allowed:
        return 0.0
    if stake < least:
        stake = least if stake * RAISED >= least else 0.0
    return min(stake, allowed)


def tied_up(run: Table, book: Book) -> float:
    """Return the stakes of the open trades together, as the host's `sum` adds them."""
    total, dropped = 0.0, 0.0
    for place in range(book.count[0].open):
        stake = book.trades[book.order[place].opened].stake
        after = total + stake
        dropped += (total - after) + stake if abs(total) >= abs(stake) else (stake - after) + total
        total = after
    return total + dropped if run.careful_sums else total
