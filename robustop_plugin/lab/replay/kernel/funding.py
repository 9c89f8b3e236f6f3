"""Funding that positions paid, added up in the order and with the rounding of Python's `sum`, as Freqtrade does."""

import math

from robustop_plugin.lab.replay.kernel.tables import Market, Table


def paid_until(market: Market, run: Table, pair: int, amount: float, opened_at: float, now: float) -> float:
    """Return what a long position paid from its fill until now, in stake currency. Only whole intervals count.

    Args:
        market: The market.
        run: The configuration.
        pair: Index of the pair.
        amount: Amount of the position.
        opened_at: Time of the fill.
        now: The time.
    """
    payments, until = market.payments, now - now % run.funding_seconds
    total, dropped = 0.0, 0.0
    for index in range(market.pairs[pair].first_payment, market.pairs[pair].end_payment):
        if payments[index].time < opened_at:
            continue
        if payments[index].time > until:
            break
        fee = payments[index].fee * amount
        after = total + fee
        # From Python 3.12 on `sum` keeps what rounding drops (Neumaier's variant of Kahan's summation).
        dropped += (total - after) + fee if abs(total) >= abs(fee) else (fee - after) + total
        total = after
    if run.careful_sums:
        total += dropped
    return 0.0 if math.isnan(total) else total


def next_payment(market: Market, pair: int, now: float) -> float:
    """Return when the first payment after a time is due; infinity if there is none."""
    for index in range(market.pairs[pair].first_payment, market.pairs[pair].end_payment):
        if market.payments[index].time > now:
            time: float = market.payments[index].time
            return time
    return math.inf
