"""What is known when a decision is made. Facts are frozen and refuse nonsense at birth."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from robustop_plugin.core.errors import InvalidPosition, InvalidTick
from robustop_plugin.core.exact import LARGEST_WHOLE, Exact, difference
from robustop_plugin.core.grid import Grid, grid_of, round_towards_market, ticks_between, to_ticks
from robustop_plugin.core.side import LONG, SHORT, signed, tighter


def is_price(value: float | None) -> bool:
    """Return whether `value` can be a price: finite and positive."""
    return value is not None and math.isfinite(value) and value > 0


class Geometry(NamedTuple):
    """A position on its grid, in ticks: worked out once, used at every tick."""

    grid: Grid
    entry: Exact
    risk: Exact


@dataclass(frozen=True, slots=True)
class Position:
    """A trade as its first fill left it.

    Attributes:
        side: +1 long, -1 short.
        entry: the open rate `E`, in price.
        initial_stop: `S0`, in price; rounded towards the market, on the losing side of the entry.
        tick_size: the grid of prices, in price.
        opened_at: seconds since the epoch.
        geometry: derived from these.

    Raises:
        InvalidPosition: a price is not finite and positive, or the stop is not on the losing side.
    """

    side: int
    entry: float
    initial_stop: float
    tick_size: float
    opened_at: float
    geometry: Geometry = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Refuse what cannot be, and round the stop before anything is derived from it."""
        if self.side not in (LONG, SHORT):
            raise InvalidPosition("side", self.side, f"{LONG} (long) or {SHORT} (short)")
        for name in ("entry", "initial_stop", "tick_size"):
            if not is_price(getattr(self, name)):
                raise InvalidPosition(name, getattr(self, name), "finite and > 0")
        if not math.isfinite(self.opened_at):
            raise InvalidPosition("opened_at", self.opened_at, "finite")
        if self.entry / self.tick_size >= LARGEST_WHOLE:
            raise InvalidPosition("tick_size", self.tick_size, f"> entry / 2**53, with the entry at {self.entry}")
        grid = grid_of(self.tick_size)
        rounded = round_towards_market(self.side, to_ticks(self.initial_stop, grid), grid)
        if not tighter(self.side, self.entry, rounded) or not is_price(rounded):
            losing = "below" if self.side == LONG else "above"
            bound = f"{losing} the entry {self.entry} after rounding to the tick size {self.tick_size}"
            raise InvalidPosition("initial_stop", self.initial_stop, bound)
        object.__setattr__(self, "initial_stop", rounded)
        risk = signed(self.side, ticks_between(self.entry, rounded, grid))
        object.__setattr__(self, "geometry", Geometry(grid, to_ticks(self.entry, grid), risk))


@dataclass(frozen=True, slots=True)
class Tick:
    """One look at the market.

    Attributes:
        time: seconds since the epoch.
        price: the price a position would be closed at.
        atr: average true range of the last closed candle, in price; None where it is not known.
        kill: a person or a guard asks for every position to be closed.
        manual: a person asks for this position to be closed.
        drawdown: the portfolio has lost more than it may.
        council: a sell signal stands for this pair.
        on_exchange: the stop rests as an order on an exchange, so that each move costs a message.
        extreme: the most favourable price since the last look, where that is not the price itself.
        inside_candle: stops are moved at the close of candles, and this is a moment between two of them.
        breakeven: price at which this trade really covers its costs; None where percents stand for them.
        publishable: False while the host must not be told of a new stop; the level then waits, remembered.

    Raises:
        InvalidTick: the time is not finite, or the price is not finite and positive.
    """

    time: float
    price: float
    atr: float | None = None
    kill: bool = False
    manual: bool = False
    drawdown: bool = False
    council: bool = False
    on_exchange: bool = False
    extreme: float | None = None
    inside_candle: bool = False
    breakeven: float | None = None
    publishable: bool = True

    def __post_init__(self) -> None:
        """Refuse a tick that is none; an ATR that is not positive is no ATR."""
        if not math.isfinite(self.time):
            raise InvalidTick("time", self.time, "finite")
        if not is_price(self.price):
            raise InvalidTick("price", self.price, "finite and > 0")
        for name in ("extreme", "breakeven"):
            value = getattr(self, name)
            if value is not None and not is_price(value):
                raise InvalidTick(name, value, "finite and > 0, or None")
        if self.atr is not None and not is_price(self.atr):
            object.__setattr__(self, "atr", None)


NO_LEVEL = Exact(math.nan, math.nan)


class View(NamedTuple):
    """What an engine sees: scalars only. Prices and the risk are in ticks, times in seconds.

    Attributes:
        side: +1 long, -1 short.
        entry: the entry, in ticks.
        risk: `R`, the distance between entry and initial stop, in ticks; positive.
        best: the most favourable price since the entry, in ticks.
        gain: what the best price has gained, in ticks; not negative.
        age: seconds since the entry.
        atr: last known average true range in price, NaN where none is known.
        atr_at_entry: the first one known, NaN where none is known.
        breakeven: what breakeven really is, in ticks; NaN where percents stand for it.
    """

    side: int
    entry: Exact
    risk: Exact
    best: Exact
    gain: Exact
    age: float
    atr: float
    atr_at_entry: float
    breakeven: Exact = NO_LEVEL


class Levels(NamedTuple):
    """Where an engine says the stop may be, in ticks, unrounded. A level of NaN is none."""

    breakeven: Exact
    trail: Exact


NO_LEVELS = Levels(NO_LEVEL, NO_LEVEL)


class Engine(NamedTuple):
    """One engine as the decision uses it.

    Attributes:
        name: as in the settings.
        offer: its opinion.
        next_change: the gain in ticks up to which its opinion stays what it is; None where it also changes with
            time, the ATR or costs, so that it has to be asked at every tick.
    """

    name: str
    offer: Callable[[View], Levels]
    next_change: Callable[[View], float] | None = None


def view_of(position: Position, tick: Tick, best: float, atr: float | None, atr_at_entry: float | None) -> View:
    """Return what engines see of a position at one moment."""
    grid, entry, risk = position.geometry
    return View(
        side=position.side,
        entry=entry,
        risk=risk,
        best=to_ticks(best, grid),
        gain=signed(position.side, ticks_between(best, position.entry, grid)),
        age=difference(tick.time, position.opened_at).high,
        atr=math.nan if atr is None else atr,
        atr_at_entry=math.nan if atr_at_entry is None else atr_at_entry,
        breakeven=NO_LEVEL if tick.breakeven is None else to_ticks(tick.breakeven, grid),
    )
