"""What is known when a decision is made. Facts are frozen and refuse nonsense at birth."""

import math
from dataclasses import dataclass, field
from enum import IntEnum
from typing import NamedTuple

from robustop_plugin.core.errors import InvalidPosition, InvalidTick
from robustop_plugin.core.exact import LARGEST_WHOLE, Exact
from robustop_plugin.core.exit_reason import REQUESTABLE, ExitReason
from robustop_plugin.core.grid import Grid, grid_of, round_towards_market, ticks_between, to_ticks
from robustop_plugin.core.side import LONG, SHORT, signed, tighter


def is_price(value: float | None) -> bool:
    """Return whether `value` can be a price: finite and positive."""
    return value is not None and math.isfinite(value) and value > 0


class Regime(IntEnum):
    """What kind of market it is."""

    TRENDING = 1
    RANGING = 2
    VOLATILE = 3


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
        atr_mean: mean of the ATR at the first fill, in price; None where it was not known.
        regime: of the market at the first fill; None where it was not known.
        risk_entry: the open rate that `R` is measured from, in price, where a later entry moved the open rate and `R`
            kept its value; None where that is `entry`.
        geometry: derived from these.

    Raises:
        InvalidPosition: a price is not finite and positive, or the stop is not on the losing side.
    """

    side: int
    entry: float
    initial_stop: float
    tick_size: float
    opened_at: float
    atr_mean: float | None = None
    regime: Regime | None = None
    risk_entry: float | None = None
    geometry: Geometry = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Refuse what cannot be, and round the stop before anything is derived from it."""
        if self.side not in (LONG, SHORT):
            raise InvalidPosition("side", self.side, f"{LONG} (long) or {SHORT} (short)")
        for name in ("entry", "initial_stop", "tick_size"):
            if not is_price(getattr(self, name)):
                raise InvalidPosition(name, getattr(self, name), "finite and > 0")
        if self.risk_entry is not None and not is_price(self.risk_entry):
            raise InvalidPosition("risk_entry", self.risk_entry, "finite and > 0, or None")
        if not math.isfinite(self.opened_at):
            raise InvalidPosition("opened_at", self.opened_at, "finite")
        if self.atr_mean is not None and not is_price(self.atr_mean):
            raise InvalidPosition("atr_mean", self.atr_mean, "finite and > 0, or None")
        if self.entry / self.tick_size >= LARGEST_WHOLE:
            raise InvalidPosition("tick_size", self.tick_size, f"> entry / 2**53, with the entry at {self.entry}")
        grid = grid_of(self.tick_size)
        rounded = round_towards_market(self.side, to_ticks(self.initial_stop, grid), grid)
        measured_from = self.entry if self.risk_entry is None else self.risk_entry
        if not tighter(self.side, measured_from, rounded) or not is_price(rounded):
            losing = "below" if self.side == LONG else "above"
            bound = f"{losing} the entry {measured_from} after rounding to the tick size {self.tick_size}"
            raise InvalidPosition("initial_stop", self.initial_stop, bound)
        object.__setattr__(self, "initial_stop", rounded)
        risk = signed(self.side, ticks_between(measured_from, rounded, grid))
        object.__setattr__(self, "geometry", Geometry(grid, to_ticks(self.entry, grid), risk))


@dataclass(frozen=True, slots=True)
class Tick:
    """One look at the market.

    Attributes:
        time: seconds since the epoch.
        price: the price a position would be closed at.
        atr: average true range of the last closed candle, in price; None where it is not known.
        requested_exit: why the position is to be closed, whatever the engines say: one of `REQUESTABLE`; None if
            nobody requests it. Of several requests at once, the first.
        on_exchange: the stop rests as an order on an exchange, so that each move costs a message.
        extreme: the most favourable price since the last look, where that is not the price itself.
        inside_candle: stops are moved at the close of candles, and this is a moment between two of them.
        breakeven: price at which this trade really covers its costs; None where percents stand for them.
        publishable: False while the host must not be told of a new stop; the level then waits, remembered.
        candle: opening time of the candle this moment lies in, in seconds; None where each tick is a candle.
        momentum: change over the last closed candles, in percent; None where it is not known.

    Raises:
        InvalidTick: the time is not finite, the price is not finite and positive, or the requested exit is one that
            only the step itself decides.
    """

    time: float
    price: float
    atr: float | None = None
    requested_exit: ExitReason | None = None
    on_exchange: bool = False
    extreme: float | None = None
    inside_candle: bool = False
    breakeven: float | None = None
    publishable: bool = True
    candle: float | None = None
    momentum: float | None = None

    def __post_init__(self) -> None:
        """Refuse a tick that is none; an ATR that is not positive is no ATR, a momentum not finite is none."""
        if not math.isfinite(self.time):
            raise InvalidTick("time", self.time, "finite")
        if not is_price(self.price):
            raise InvalidTick("price", self.price, "finite and > 0")
        for name in ("extreme", "breakeven"):
            value = getattr(self, name)
            if value is not None and not is_price(value):
                raise InvalidTick(name, value, "finite and > 0, or None")
        if self.requested_exit is not None and self.requested_exit not in REQUESTABLE:
            bound = f"one of {', '.join(REQUESTABLE)}, or None"
            raise InvalidTick("requested_exit", str(self.requested_exit), bound)
        if self.atr is not None and not is_price(self.atr):
            object.__setattr__(self, "atr", None)
        if self.momentum is not None and not math.isfinite(self.momentum):
            object.__setattr__(self, "momentum", None)
