"""The partial exits: which rungs are due, and how much of the position that is.

Pure: rungs are judged on the profit of the current price, and what is due depends on what was filled so far.
"""

import math
from typing import NamedTuple

from robustop_plugin.core.decision import Progress, Sale
from robustop_plugin.core.exact import ONE, Exact, add, at_least, decimal, multiply, subtract

NOTHING = Exact(0.0, 0.0)


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
    profit: Exact, risk: Exact, progress: Progress, at_virtual: bool, *, schedule: Schedule, portion: float
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
