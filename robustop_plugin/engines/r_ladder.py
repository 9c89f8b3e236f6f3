"""The R-multiple ladder: each rung of profit offers breakeven, or a trail at its own distance.

With `r` the best price's profit in multiples of `R`: a reached breakeven rung offers breakeven, and the highest
reached rung with a distance offers `B - s * distance * R`. A wider distance on a higher rung loosens nothing.
"""

import math
from typing import NamedTuple

from robustop_plugin.core.engine import NO_LEVEL, Levels, View
from robustop_plugin.core.exact import Exact, at_least, multiple_of, subtract
from robustop_plugin.core.side import signed
from robustop_plugin.engines.breakeven import breakeven_net_of_costs, next_clearing


class Rung(NamedTuple):
    """A profit, and what it offers.

    Attributes:
        multiple: the profit, in multiples of `R`; positive.
        distance: distance of the trail from the best price, in multiples of `R`; NaN for breakeven.
    """

    multiple: float
    distance: float


class RLadderOptions(NamedTuple):
    """Settings of the engine.

    Attributes:
        rungs: in ascending order.
        fees: True if breakeven covers costs; False if it is the entry itself.
        fee_percent: cost of one round trip in fees, in percent of the entry.
        slippage_percent: expected slippage, in percent of the entry.
    """

    rungs: tuple[Rung, ...]
    fees: bool
    fee_percent: float
    slippage_percent: float


def r_ladder(view: View, options: RLadderOptions) -> Levels:
    """Return the levels of the rungs that the best price has reached."""
    breakeven, trail = NO_LEVEL, NO_LEVEL
    for rung in options.rungs:
        if not at_least(view.gain, profit_of(rung, view)):
            break
        if math.isnan(rung.distance):
            breakeven = breakeven_of(view, options)
        else:
            behind = multiple_of(view.risk, rung.distance)
            trail = subtract(view.best, signed(view.side, behind))
    return Levels(breakeven, trail)


def profit_of(rung: Rung, view: View) -> Exact:
    """Return the profit of a rung, in ticks."""
    return multiple_of(view.risk, rung.multiple)


def breakeven_of(view: View, options: RLadderOptions) -> Exact:
    """Return breakeven in ticks: the entry, or net of costs."""
    if not options.fees:
        return view.entry
    return breakeven_net_of_costs(view, options.fee_percent, options.slippage_percent)


def next_change(view: View, options: RLadderOptions) -> float:
    """Return the gain in ticks up to which the levels stay the same.

    On a rung with a distance every new best price changes them.
    """
    change, trails = math.inf, False
    for rung in options.rungs:
        needed = profit_of(rung, view)
        if not at_least(view.gain, needed):
            change = min(change, needed.high)
            break
        if math.isnan(rung.distance):
            change = next_clearing(view, breakeven_of(view, options))
        else:
            trails = True
    return view.gain.high if trails else change
