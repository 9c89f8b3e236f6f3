"""The interface of the engines: what they see at one tick, and what they answer."""

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

from robustop_plugin.core.exact import Exact, difference, is_whole
from robustop_plugin.core.facts import Position, Tick
from robustop_plugin.core.grid import Grid, ticks_between, to_ticks, whole_ticks
from robustop_plugin.core.side import signed

NO_LEVEL = Exact(math.nan, math.nan)

EngineMemory = tuple[Any, ...]
"""What an engine remembers from one tick to the next: its own named tuple of floats and bools."""


class View(NamedTuple):
    """What an engine sees at one tick: scalars only, so that the same function also compiles.

    Attributes:
        side: +1 long, -1 short.
        grid: the tick size as a quotient of whole numbers.
        entry: the open rate `E`, in ticks.
        risk: `R`, the distance between entry and initial stop, in ticks; positive.
        best: the most favorable price since the entry, in ticks.
        gain: profit at the best price, in ticks; not negative.
        price: the price of this tick, in price.
        profit: profit at that price, in ticks; negative under water.
        age: time since the entry, in seconds.
        candle: opening time of this tick's candle, in seconds since the epoch; if each tick is a candle, its own time.
        atr: last known average true range, in price; NaN if unknown.
        atr_at_entry: first known average true range, in price; NaN if unknown.
        atr_mean: mean of the ATR at the entry, in price; NaN if unknown.
        regime: the market regime at the entry, a number of `Regime`; 0 if unknown.
        momentum: change over the last closed candles, in percent; NaN if this tick has none.
        breakeven: the price that covers the real costs, in ticks; NaN if costs are percents of the settings.
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
    """Where an engine says the stop may be, unrounded.

    Attributes:
        breakeven: in ticks; NaN for no level.
        trail: in ticks; NaN for no level.
    """

    breakeven: Exact
    trail: Exact


NO_LEVELS = Levels(NO_LEVEL, NO_LEVEL)


class AtrChange(NamedTuple):
    """Where the levels of an engine change that follows the ATR: at the gain `ticks + atrs * ATR`, or at `clearing`.

    Attributes:
        ticks: the fixed part, in ticks.
        atrs: multiple of the ATR.
        clearing: the gain at the best price from which its breakeven may be cleared, in ticks; infinite once it is, and
            while there is none.
        arms: True if it offers nothing until a tick has that gain, whatever the best price has gained before; False if
            it offers breakeven, and the best price has to gain that much.
    """

    ticks: float
    atrs: float
    clearing: float = math.inf
    arms: bool = False


class Engine(NamedTuple):
    """One engine as the step uses it, with its options bound.

    Attributes:
        name: as in the settings.
        offer: returns its levels for a view; an engine with a memory gets that as well.
        remember: returns its memory after a view; None for an engine without a memory.
        fresh: its memory of a position just opened.
        target: returns the profit at which the position is closed, in ticks; None for an engine without take profit.
        next_change: returns the gain up to which its levels cannot change, in ticks; None if they also change with
            time or the ATR, so that the engine must be asked at every tick.
        atr_change: the same for an engine whose levels change with the ATR too and with nothing else; None for any
            other engine. Once the engine offers breakeven, only its trail changes, which lies `atrs` ATRs behind the
            best price and is not a virtual one; negative ticks ask the engine every time.
        virtual_trail: True if its trail is not a stop but the level at which a portion of the position is sold.
        real_costs: True if its breakeven covers the real costs of the trade. What `next_change` and `atr_change`
            return is then valid until the trade pays or receives something.
        catch_up: returns its memory after a new best price, in price, that was seen since the memory was written; None
            for an engine that keeps no prices.
    """

    name: str
    offer: Callable[..., Levels]
    remember: Callable[[View, EngineMemory], EngineMemory] | None = None
    fresh: EngineMemory = ()
    target: Callable[[View], Exact] | None = None
    next_change: Callable[..., float] | None = None
    atr_change: Callable[..., AtrChange] | None = None
    virtual_trail: bool = False
    real_costs: bool = False
    catch_up: Callable[[int, EngineMemory, float], EngineMemory] | None = None


def view_of(position: Position, tick: Tick, best: float, atr: float | None, atr_at_entry: float | None) -> View:
    """Return what engines see at one tick; `best`, `atr` and `atr_at_entry` in price."""
    grid, entry, risk = position.geometry
    side, price = position.side, tick.price if tick.extreme is None else tick.extreme
    gain = _from_entry(position, best)
    return View(
        side=side,
        grid=grid,
        entry=entry,
        risk=risk,
        best=to_ticks(best, grid),
        gain=gain,
        price=price,
        profit=gain if price == best else _from_entry(position, price),
        age=difference(tick.time, position.opened_at).high,
        candle=tick.time if tick.candle is None else tick.candle,
        atr=_known(atr),
        atr_at_entry=_known(atr_at_entry),
        atr_mean=_known(position.atr_mean),
        regime=0 if position.regime is None else int(position.regime),
        momentum=_known(tick.momentum),
        breakeven=NO_LEVEL if tick.breakeven is None else _breakeven_in_ticks(tick.breakeven, grid),
    )


def _from_entry(position: Position, price: float) -> Exact:
    """Return the profit at a price, in ticks."""
    grid, entry, _ = position.geometry
    ticks = whole_ticks(price, grid)
    if math.isnan(ticks) or entry.low != 0.0 or not is_whole(entry.high):
        return signed(position.side, ticks_between(price, position.entry, grid))
    # Both lie on the grid, where a difference is exact.
    return Exact(position.side * (ticks - entry.high), 0.0)


@lru_cache(maxsize=256, typed=True)
def _breakeven_in_ticks(price: float, grid: Grid) -> Exact:
    """Return a breakeven price in ticks. It lies between two ticks, which takes long, and stays for many views."""
    return to_ticks(price, grid)


def _known(value: float | None) -> float:
    return math.nan if value is None else value
