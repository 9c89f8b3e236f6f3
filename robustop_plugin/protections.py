"""Partial exits (not Freqtrade's pair locks): which rungs are due, how much they sell, what an exchange accepts.

Pure functions. Rungs are judged on the profit at the current price; what is due depends on filled orders.
"""

import math
from typing import NamedTuple

from robustop_plugin.core.decision import Progress, Sale
from robustop_plugin.core.exact import ONE, Exact, add, at_least, decimal, multiply, subtract

NOTHING = Exact(0.0, 0.0)

SAME = 1e-12
"""Relative tolerance at which two amounts count as equal; far below one lot."""

RESERVE = 1.5
"""Factor on the minimum order that a remainder must exceed: Freqtrade reserves up to 50 %."""


class PartialRung(NamedTuple):
    """A profit at which a part of the position is sold.

    Attributes:
        multiple: the profit, in multiples of `R`; positive.
        fraction: the part sold, as a fraction of the original amount in (0, 1]; infinite for all that is left.
    """

    multiple: float
    fraction: float


Schedule = tuple[PartialRung, ...]
"""Rungs in ascending order."""


def sale_due(
    profit: Exact, risk: Exact, progress: Progress, at_virtual: bool, schedule: Schedule, portion: float
) -> Sale | None:
    """Return what to sell now, in one order; None for nothing.

    Args:
        profit: profit at the current price, in ticks; negative under water.
        risk: `R`, in ticks.
        progress: what filled orders have sold so far.
        at_virtual: True if the price is at or beyond the level at which the portion is sold.
        schedule: the rungs.
        portion: the fraction of the position that is sold at the virtual level; 0 if off.
    """
    rungs = max(progress.rungs, rungs_reached(profit, risk, schedule))
    after = Progress(rungs, progress.portion or (at_virtual and portion > 0))
    if after == progress:
        return None
    total = sold(after, schedule, portion)
    fraction = subtract(total, sold(progress, schedule, portion))
    return Sale(fraction.high, after, at_least(total, ONE)) if fraction.high > 0 else None


def rungs_reached(profit: Exact, risk: Exact, schedule: Schedule) -> int:
    """Return the number of rungs that a profit (in ticks) has reached."""
    reached = 0
    for rung in schedule:
        if not at_least(profit, multiply(decimal(rung.multiple), risk)):
            break
        reached += 1
    return reached


def sold(progress: Progress, schedule: Schedule, portion: float) -> Exact:
    """Return the fraction of the original amount that is sold at `progress`, at most 1."""
    total = decimal(portion) if progress.portion else NOTHING
    for taken, rung in enumerate(schedule):
        if taken == progress.rungs:
            break
        if math.isinf(rung.fraction):
            return ONE
        total = add(total, decimal(rung.fraction))
    return ONE if at_least(total, ONE) else total


def gain_before(rungs: int, schedule: Schedule, risk: Exact) -> float:
    """Return the gain, in ticks, one tick before the next rung; infinite if no rung is left.

    Args:
        rungs: number of rungs taken.
        schedule: the rungs.
        risk: `R`, in ticks.
    """
    return math.inf if rungs >= len(schedule) else schedule[rungs].multiple * risk.high - 1


def part_of(left: float, original: float, fraction: float, owed: float) -> float:
    """Return the amount of a sale before it is truncated to whole lots, in base currency.

    Args:
        left: amount of the position, in base currency.
        original: sum of the filled entries, in base currency.
        fraction: the part to sell, as a fraction of `original`.
        owed: amount that earlier orders left unsold, in base currency.
    """
    return min(left, fraction * original * (1 + SAME) + owed)


def is_too_small(amount: float, price: float, minimum: float) -> bool:
    """Return True if an exchange rejects an order of this amount as too small; `minimum` is in quote currency."""
    return amount * price < minimum or amount <= 0


def leaves_too_little(rest: float, lots: float, price: float, minimum: float) -> bool:
    """Return True if the rest after a sale could not be sold later: by Freqtrade now, by the exchange at the stop.

    Args:
        rest: amount that is left, in base currency.
        lots: the same truncated to whole lots, in base currency.
        price: the current price.
        minimum: the smallest order, in quote currency.
    """
    return rest * price < minimum * RESERVE or lots <= 0
