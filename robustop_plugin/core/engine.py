"""What engines see of a position at one moment, and what they answer."""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

from robustop_plugin.core.exact import Exact, difference
from robustop_plugin.core.facts import Position, Tick
from robustop_plugin.core.grid import Grid, ticks_between, to_ticks
from robustop_plugin.core.side import signed

NO_LEVEL = Exact(math.nan, math.nan)

EngineMemory = tuple[Any, ...]
"""What an engine remembers from one tick to the next: a named tuple of floats and bools of its own."""


class View(NamedTuple):
    """What an engine sees: scalars only. Distances are in ticks, times in seconds, prices and ATRs in price.

    Attributes:
        side: +1 long, -1 short.
        grid: of prices.
        entry: the entry, in ticks.
        risk: `R`, the distance between entry and initial stop, in ticks; positive.
        best: the most favourable price since the entry, in ticks.
        gain: what the best price has gained, in ticks; not negative.
        price: the price looked at, in price.
        profit: what that price has gained, in ticks; negative under water.
        age: seconds since the entry.
        candle: opening time of the candle looked at, in seconds; where each tick is a candle, the tick's time.
        atr: last known average true range in price, NaN where none is known.
        atr_at_entry: the first one known, NaN where none is known.
        atr_mean: mean of the ATR at the entry, in price, NaN where it was not known.
        regime: of the market at the entry, as a number of `Regime`; 0 where it was not known.
        momentum: change over the last closed candles in percent, NaN where this tick has none.
        breakeven: what breakeven really is, in ticks; NaN where percents stand for it.
    """

    side: int
    grid: Grid
    entry: Exact
    risk: Exact
    best: Exact
    gain: Exact
    price: float
    profit: Exact
    age: float
    candle: float
    atr: float = math.nan
    atr_at_entry: float = math.nan
    atr_mean: float = math.nan
    regime: int = 0
    momentum: float = math.nan
    breakeven: Exact = NO_LEVEL


class Levels(NamedTuple):
    """Where an engine says the stop may be, in ticks, unrounded. A level of NaN is none."""

    breakeven: Exact
    trail: Exact


NO_LEVELS = Levels(NO_LEVEL, NO_LEVEL)


class AtrChange(NamedTuple):
    """A gain that grows with the ATR: `ticks` and so many ATRs more."""

    ticks: float
    atrs: float


class Engine(NamedTuple):
    """One engine as the decision uses it, its options bound.

    Attributes:
        name: as in the settings.
        offer: its opinion of a view; of an engine that remembers: of a view and what it has kept.
        remember: what it keeps, from a view and what it had kept; None for an engine that remembers nothing.
        fresh: what it keeps of a position that was just opened.
        target: the profit in ticks at which the position is left; None for an engine that takes none.
        next_change: the gain in ticks up to which its opinion stays what it is; None where it also changes with
            time, the ATR or costs, so that it has to be asked at every tick.
        atr_change: the gain up to which its opinion stays, where that also changes with the ATR, and with nothing
            else; None for every other engine.
        virtual_trail: its trail is no stop: at it, a portion of the position is sold.
    """

    name: str
    offer: Callable[..., Levels]
    remember: Callable[[View, EngineMemory], EngineMemory] | None = None
    fresh: EngineMemory = ()
    target: Callable[[View], Exact] | None = None
    next_change: Callable[..., float] | None = None
    atr_change: Callable[..., AtrChange] | None = None
    virtual_trail: bool = False


def view_of(position: Position, tick: Tick, best: float, atr: float | None, atr_at_entry: float | None) -> View:
    """Return what engines see of a position at one moment."""
    grid, entry, risk = position.geometry
    side, price = position.side, tick.price if tick.extreme is None else tick.extreme
    return View(
        side=side,
        grid=grid,
        entry=entry,
        risk=risk,
        best=to_ticks(best, grid),
        gain=signed(side, ticks_between(best, position.entry, grid)),
        price=price,
        profit=signed(side, ticks_between(price, position.entry, grid)),
        age=difference(tick.time, position.opened_at).high,
        candle=tick.time if tick.candle is None else tick.candle,
        atr=_known(atr),
        atr_at_entry=_known(atr_at_entry),
        atr_mean=_known(position.atr_mean),
        regime=0 if position.regime is None else int(position.regime),
        momentum=_known(tick.momentum),
        breakeven=NO_LEVEL if tick.breakeven is None else to_ticks(tick.breakeven, grid),
    )


def _known(value: float | None) -> float:
    return math.nan if value is None else value
