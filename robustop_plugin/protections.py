"""The partial exits: which rungs are due, how much of the position that is, and what an exchange takes of it.

Pure: rungs are judged on the profit of the current price, and what is due depends on what was filled so far.
"""

import math
from typing import NamedTuple

from robustop_plugin.core.decision import Progress, Sale
from robustop_plugin.core.exact import ONE, Exact, add, at_least, decimal, multiply, subtract

NOTHING = Exact(0.0, 0.0)

SAME = 1e-12
"""Relative distance of amounts that are one, computed in two ways; far below one lot."""

RESERVE = 1.5
"""From the minimum that the host names to the largest that it tests a remainder with: it reserves up to 50 %."""


class PartialRung(NamedTuple):
    """A profit at which a part is sold.

    Attributes:
        multiple: the profit, in multiples of `R`; positive.
        fraction: of the original amount, in (0, 1]; infinite for all that is left.
    """

    multiple: float
    fraction: float


Schedule = tuple[PartialRung, ...]
"""Rungs in ascending order."""


def sale_due(
    profit: Exact, risk: Exact, progress: Progress, at_virtual: bool, schedule: Schedule, portion: float
) -> Sale | None:
    """Return what is to be sold now, in one order; None for nothing.

    Args:
        profit: what the current price has gained, in ticks; negative under water.
        risk: `R`, in ticks.
        progress: what was filled so far.
        at_virtual: the price is at or beyond the level at which the portion is sold.
        schedule: the rungs.
        portion: the part of the position that is sold at the virtual level; 0 for none.
    """
    rungs = max(progress.rungs, rungs_reached(profit, risk, schedule))
    after = Progress(rungs, progress.portion or (at_virtual and portion > 0))
    if after == progress:
        return None
    total = sold(after, schedule, portion)
    fraction = subtract(total, sold(progress, schedule, portion))
    return Sale(fraction.high, after, at_least(total, ONE)) if fraction.high > 0 else None


def rungs_reached(profit: Exact, risk: Exact, schedule: Schedule) -> int:
    """Return how many rungs a profit has reached, from the first on."""
    reached = 0
    for rung in schedule:
        if not at_least(profit, multiply(decimal(rung.multiple), risk)):
            break
        reached += 1
    return reached


def sold(progress: Progress, schedule: Schedule, portion: float) -> Exact:
    """Return the part of the original amount that is sold at some progress, at most all of it."""
    total = decimal(portion) if progress.portion else NOTHING
    for taken, rung in enumerate(schedule):
        if taken == progress.rungs:
            break
        if math.isinf(rung.fraction):
            return ONE
        total = add(total, decimal(rung.fraction))
    return ONE if at_least(total, ONE) else total


def gain_before(rungs: int, schedule: Schedule, risk: Exact) -> float:
    """Return the gain, in ticks, one tick before the next rung; infinite where none is left.

    Args:
        rungs: how many were taken.
        schedule: the rungs.
        risk: `R`, in ticks.
    """
    return math.inf if rungs >= len(schedule) else schedule[rungs].multiple * risk.high - 1


def part_of(left: float, original: float, fraction: float, owed: float) -> float:
    """Return the amount of a sale before it is truncated to whole lots, in base currency.

    Args:
        left: of the position.
        original: amount, the sum of the filled entries.
        fraction: of it that is to be sold.
        owed: what orders before have left unsold.
    """
    return min(left, fraction * original * (1 + SAME) + owed)


def is_too_small(amount: float, price: float, minimum: float) -> bool:
    """Return whether an exchange would not take an order of this amount; `minimum` is in quote currency."""
    return amount * price < minimum or amount <= 0


def leaves_too_little(rest: float, lots: float, price: float, minimum: float) -> bool:
    """Return whether what a sale leaves could not be sold later: by the host today, by the exchange at the stop.

    Args:
        rest: amount that is left.
        lots: the same in whole lots, as an amount.
        price: of today.
        minimum: the smallest order, in quote currency.
    """
    return rest * price < minimum * RESERVE or lots <= 0
