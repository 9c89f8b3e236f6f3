"""Calculates stakes: what Freqtrade's wallet allows for a new trade."""

import math
from typing import NamedTuple

from robustop_plugin.lab.replay.kernel.tables import Portfolio, Table

RAISED = 1.3
"""Freqtrade raises a stake that is too small for the exchange by up to this factor."""

DOUBT = 1e-6
"""A ratio of the starting balance, far above the rounding error of sums of stakes."""


class Wallet(NamedTuple):
    """What the wallet holds, in stake currency.

    Attributes:
        locked: Stakes of all open trades.
        available: What a new trade may use.
        total: All that trades may use, `locked` included: Freqtrade's total stake amount.
    """

    locked: float
    available: float
    total: float


class Total(NamedTuple):
    """A compensated sum.

    Attributes:
        whole: The sum in floats.
        dropped: Its rounding error.
    """

    whole: float
    dropped: float


def wallet_of(run: Table, portfolio: Portfolio) -> Wallet:
    """Return what the wallet holds before a new trade."""
    return wallet_with(run, portfolio, locked_stake(run, portfolio))


def wallet_with(run: Table, portfolio: Portfolio, locked: float) -> Wallet:
    """Return what the wallet holds, given the stakes of all open trades."""
    profit = portfolio.totals[0].profit
    # Profit realized in open trades can be used, but counts as capital only once they are closed.
    free = run.balance + (profit + realized(run, portfolio) if len(portfolio.sales) else profit) - locked
    total = run.capital + profit if not math.isnan(run.capital) else (locked + free) * run.share
    return Wallet(locked, min(total - locked, free), total)


def proposed(run: Table, wallet: Wallet) -> float:
    """Return the stake that Freqtrade proposes before it applies the exchange's limits; 0 if it opens no trade."""
    stake = wanted(run, wallet)
    return stake if wallet.available >= stake > 0 else 0.0


def wanted(run: Table, wallet: Wallet) -> float:
    """Return the stake that the configuration wants, whether or not it is available."""
    stake: float = run.stake
    if math.isinf(stake):
        stake = min((wallet.available + wallet.locked) / run.slots, wallet.available) if run.slots != 0 else 0.0
    if run.amends:
        stake = min(stake, wallet.available) if wallet.available > stake * run.smallest_share else 0.0
    return stake


def stake_of(run: Table, portfolio: Portfolio, least: float, most: float) -> float:
    """Return the stake of a new trade, in stake currency; 0 if it is not opened.

    Args:
        run: The configuration.
        portfolio: The run so far.
        least: Smallest stake that the exchange takes; 0 for no limit.
        most: Largest stake that it takes.
    """
    if surely_available(run, portfolio, least, most):
        return float(run.stake)
    wallet = wallet_of(run, portfolio)
    stake, allowed = proposed(run, wallet), min(most, wallet.available)
    if not stake > 0 or least > allowed:
        return 0.0
    if stake < least:
        stake = least if stake * RAISED >= least else 0.0
    return min(stake, allowed)


def surely_available(run: Table, portfolio: Portfolio, least: float, most: float) -> bool:
    """Return True if a fixed stake is available beyond any rounding error, so that exact sums are not needed."""
    if not (least <= run.stake <= most) or math.isinf(run.stake) or len(portfolio.sales):
        return False
    return bool(wallet_with(run, portfolio, portfolio.totals[0].locked).available > run.stake + DOUBT * run.balance)


def locked_stake(run: Table, portfolio: Portfolio) -> float:
    """Return the stakes of all open trades, added as Python's `sum` does in Freqtrade."""
    total = Total(0.0, 0.0)
    for index in range(portfolio.totals[0].open):
        total = added(total, portfolio.trades[portfolio.open_trades[index].trade].stake)
    return total.whole + total.dropped if run.careful_sums else total.whole


def realized(run: Table, portfolio: Portfolio) -> float:
    """Return the profit that open trades realized by partial sales, added as Python's `sum` does in Freqtrade."""
    total = Total(0.0, 0.0)
    for index in range(portfolio.totals[0].open):
        total = added(total, portfolio.trades[portfolio.open_trades[index].trade].realized)
    return total.whole + total.dropped if run.careful_sums else total.whole


def added(total: Total, number: float) -> Total:
    """Return a total with one more number and its rounding error (Neumaier's sum, used by Python since 3.12)."""
    after = total.whole + number
    if abs(total.whole) >= abs(number):
        return Total(after, total.dropped + ((total.whole - after) + number))
    return Total(after, total.dropped + ((number - after) + total.whole))
