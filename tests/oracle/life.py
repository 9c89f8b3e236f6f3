"""A position and what it has seen, as rationals; every question is answered from the whole history."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any, ClassVar, NamedTuple

MINUTE = 60
HOUR = 3600


@lru_cache(maxsize=1 << 16)
def exact(number: float) -> Fraction:
    """Return the decimal that `number` was written as."""
    return Fraction(repr(number))


def number(block: Mapping[str, Any], key: str, default: str | None = None) -> Fraction | None:
    """Return an option as written; its default if missing or null."""
    value = block.get(key)
    if value is None:
        return None if default is None else Fraction(default)
    return exact(value)


def on_grid(side: int, price: Fraction, tick_size: Fraction) -> Fraction:
    """Return `price` rounded towards the market to the grid."""
    ticks = price / tick_size
    return (math.ceil(ticks) if side > 0 else math.floor(ticks)) * tick_size


class Seen(NamedTuple):
    """One tick as rationals; an ATR or momentum of None was not given."""

    t: Fraction
    price: Fraction
    atr: Fraction | None
    momentum: Fraction | None
    council: bool


History = Sequence[Seen]


class Offer(NamedTuple):
    """Where an engine says the stop may be, before rounding, and its rule."""

    price: Fraction
    rule: str


class Level(NamedTuple):
    """An offer on the grid, and who made it."""

    price: Fraction
    engine: str
    rule: str


@dataclass(frozen=True)
class Position:
    """One position and what was known when it was opened."""

    side: int
    entry: Fraction
    first_stop: Fraction
    tick_size: Fraction
    opened_at: Fraction
    pair: str | None
    regime: str | None
    atr_mean: Fraction | None
    kept_risk: Fraction | None = None

    @property
    def risk(self) -> Fraction:
        """The distance between entry and rounded initial stop, unless a later entry kept the old distance."""
        return self.gain(self.entry, self.first_stop) if self.kept_risk is None else self.kept_risk

    def gain(self, price: Fraction, over: Fraction) -> Fraction:
        """Return how much better for the position `price` is than `over`."""
        return price - over if self.side > 0 else over - price

    def ahead(self, distance: Fraction) -> Fraction:
        """Return the price that is `distance` better than the entry."""
        return self.entry + self.side * distance

    def behind(self, price: Fraction, distance: Fraction) -> Fraction:
        """Return the price that is `distance` worse than `price`."""
        return price - self.side * distance

    def multiple(self, price: Fraction) -> Fraction:
        """Return the R-multiple of a price."""
        return self.gain(price, self.entry) / self.risk

    def percent(self, price: Fraction) -> Fraction:
        """Return the profit at a price, in percent of the entry."""
        return self.gain(price, self.entry) / self.entry * 100

    def breakeven(self, costs: Fraction) -> Fraction:
        """Return the price that earns `costs`, in percent of the entry."""
        return self.entry * (1 + self.side * costs / 100)

    def best(self, history: History) -> Fraction:
        """Return the most favorable price of the history, the entry included."""
        prices = [self.entry, *(seen.price for seen in history)]
        return max(prices) if self.side > 0 else min(prices)

    def age(self, seen: Seen) -> Fraction:
        """Return the age of the position at a tick, in seconds."""
        return seen.t - self.opened_at


def atrs(history: History) -> list[Fraction]:
    """Return every ATR given: the first is that of the entry, the last is in use."""
    return [seen.atr for seen in history if seen.atr is not None]


class Engine:
    """The interface of every engine; each answers from the whole history."""

    name: ClassVar[str]
    portion: Fraction | None = None

    def offers(self, position: Position, history: History) -> list[Offer]:
        """Return the levels offered at the end of `history`, breakeven first."""
        return []

    def virtual(self, position: Position, history: History) -> list[Offer]:
        """Return the levels at which only a portion is sold."""
        return []

    def target(self, position: Position, history: History) -> Fraction | None:
        """Return where the profit is taken."""
        return None

    def marks(self, position: Position, history: History) -> dict[str, bool]:
        """Name the rules of the engine, and whether each applies at the end of `history`."""
        return {}
