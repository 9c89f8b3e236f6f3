"""Breakeven, then a trail, in multiples of the ATR.

It arms when the profit reaches `breakeven_atr` ATRs, wherever the stop is, and offers breakeven from then on. On
later candles it also offers `B - s * trail_atr * atr`, where that is tighter than the entry.
"""

import math
from functools import lru_cache
from typing import NamedTuple

from robustop_plugin.core.engine import NO_LEVEL, NO_LEVELS, AtrChange, Levels, View
from robustop_plugin.core.exact import Exact, at_least, multiple_of, subtract
from robustop_plugin.core.grid import Grid, to_ticks
from robustop_plugin.core.side import signed
from robustop_plugin.engines.breakeven import breakeven_net_of_costs, next_clearing


class AtrGuardOptions(NamedTuple):
    """Settings of the engine, as numbers.

    Attributes:
        breakeven_atr: profit that arms it, in ATRs; positive.
        trail_atr: distance of the trail from the best price, in ATRs; positive.
        fees: True if breakeven covers costs; False if it is the entry itself.
        fee_percent: cost of one round trip in fees, in percent of the entry.
        slippage_percent: expected slippage, in percent of the entry.
    """

    breakeven_atr: float
    trail_atr: float
    fees: bool
    fee_percent: float
    slippage_percent: float


class AtrGuardMemory(NamedTuple):
    """What the engine remembers.

    Attributes:
        armed: True once the profit that arms it was reached.
        since: opening time of the candle that armed it, in seconds since the epoch; 0 before.
    """

    armed: bool = False
    since: float = 0.0


def remember(view: View, kept: AtrGuardMemory, options: AtrGuardOptions) -> AtrGuardMemory:
    """Return the memory after a view; without an ATR it stays as it is."""
    if kept.armed or math.isnan(view.atr):
        return kept
    needed = atrs_in_ticks(options.breakeven_atr, view.atr, view.grid)
    return AtrGuardMemory(True, view.candle) if at_least(view.profit, needed) else kept


def atr_guard(view: View, kept: AtrGuardMemory, options: AtrGuardOptions) -> Levels:
    """Return breakeven once armed, and on later candles the trail."""
    if not kept.armed:
        return NO_LEVELS
    breakeven, trail = breakeven_of(view, options), NO_LEVEL
    if view.candle > kept.since and not math.isnan(view.atr):
        behind = atrs_in_ticks(options.trail_atr, view.atr, view.grid)
        if not at_least(behind, view.gain):
            trail = subtract(view.best, signed(view.side, behind))
    return Levels(breakeven, trail)


def breakeven_of(view: View, options: AtrGuardOptions) -> Exact:
    """Return the breakeven offered once armed, in ticks."""
    if options.fees:
        return breakeven_net_of_costs(view, options.fee_percent, options.slippage_percent)
    return view.entry


@lru_cache(maxsize=256, typed=True)
def atrs_in_ticks(atrs: float, atr: float, grid: Grid) -> Exact:
    """Return a multiple of the ATR in ticks; the ATR stays for a whole candle."""
    return multiple_of(to_ticks(atr, grid), atrs)


def atr_change(view: View, kept: AtrGuardMemory, options: AtrGuardOptions) -> AtrChange:
    """Return the gain up to which the levels stay the same or only loosen, whatever the ATR becomes.

    A trail within a tick of the best price is rounded up to it and waits for the price to clear it. Until then the
    engine is asked every time.
    """
    if not kept.armed:
        return AtrChange(0.0, options.breakeven_atr, math.inf, True)
    clearing = next_clearing(view, breakeven_of(view, options))
    if math.isnan(view.atr):
        return AtrChange(-math.inf, 0.0, clearing, False)
    behind = atrs_in_ticks(options.trail_atr, view.atr, view.grid)
    if behind.high <= 1:
        return AtrChange(-math.inf, 0.0, clearing, False)
    # A trail looser than the entry is not offered: the first one is tighter than the entry. Nor is any trail before
    # the next candle, so until then each that is tighter than the entry is new.
    offered = max(0.0, subtract(view.gain, behind).high) if view.candle > kept.since else 0.0
    return AtrChange(offered, options.trail_atr, clearing, False)
