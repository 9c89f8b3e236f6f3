"""A life so far: every tick, and what happened in order."""

from dataclasses import dataclass, field
from fractions import Fraction
from typing import NamedTuple

from tests.oracle.life import History, Level, Offer, Seen, on_grid
from tests.oracle.reading import Life

PHASES = (
    "INITIAL_RISK",
    "BREAKEVEN_PROTECTED",
    "PARTIAL_PROFIT_TAKEN",
    "ADVANCED_PROFIT_TAKEN",
    "FINAL_PROFIT_TAKEN",
)


class Published(NamedTuple):
    """A stop in force, and since when."""

    t: Fraction
    price: Fraction


class Sale(NamedTuple):
    """What one order sells: the number of rungs, the portion or not, and the fraction of the original amount."""

    rungs: int
    portion: bool
    part: Fraction


@dataclass
class Story:
    """A life so far: all ticks, and what happened in order."""

    life: Life
    stops: list[Published]
    history: list[Seen] = field(default_factory=list)
    offered: list[list[Level]] = field(default_factory=list)
    virtual: list[Level] = field(default_factory=list)
    sales: list[Sale] = field(default_factory=list)

    @property
    def left(self) -> Fraction:
        """The part of the original amount that is not yet sold."""
        return 1 - sum(sale.part for sale in self.sales)

    @property
    def taken(self) -> int:
        """Number of rungs taken."""
        return sum(sale.rungs for sale in self.sales)

    @property
    def phase(self) -> str:
        """The highest phase that was reached."""
        position = self.life.position
        protected = any(position.gain(stop.price, position.entry) >= 0 for stop in self.stops)
        return PHASES[1 + min(self.taken, 3) if self.taken else int(protected)]

    def beyond(self, price: Fraction, level: Fraction) -> bool:
        """Return True if the price is at a level, or past it."""
        return self.life.position.gain(price, level) <= 0

    def cleared(self, history: History, engine: str, offers: list[Offer]) -> list[Level]:
        """Return the offers on the grid that the best price of `history` has cleared."""
        position = self.life.position
        levels = [
            Level(on_grid(position.side, offer.price, position.tick_size), engine, offer.rule) for offer in offers
        ]
        return [level for level in levels if not self.beyond(position.best(history), level.price)]

    def look(self, seen: Seen) -> None:
        """Add a tick and what each engine offers after it."""
        self.history.append(seen)
        position, history, levels = self.life.position, self.history, []
        for engine in self.life.engines:
            levels += self.cleared(history, engine.name, engine.offers(position, history))
            self.virtual += self.cleared(history, engine.name, engine.virtual(position, history))
        self.offered.append(levels)

    def tightest(self, levels: list[Level]) -> Level | None:
        """Return the tightest level; the first among equals."""
        return max(levels, key=lambda level: self.life.position.side * level.price, default=None)

    @property
    def desired(self) -> Level | None:
        """The tightest level that was ever offered and cleared."""
        return self.tightest([level for levels in self.offered for level in levels])

    def at_once(self) -> str | None:
        """Return the reason of an exit by rules 1 to 4."""
        now, stop = self.history[-1], self.stops[-1].price
        position, time_stop = self.life.position, self.life.time_stop
        if self.beyond(now.price, stop):
            return "STOP_LOSS" if stop == position.first_stop else "TRAILING_STOP"
        if now.council:
            return "COUNCIL_SELL"
        targets = [engine.target(position, self.history) for engine in self.life.engines]
        if any(target is not None and position.gain(now.price, target) >= 0 for target in targets):
            return "TAKE_PROFIT"
        return "TIME_STOP" if time_stop is not None and position.age(now) >= time_stop else None

    def improvement(self, level: Level) -> Fraction:
        """Return how much a level improves the published stop, in percent of it."""
        stop = self.stops[-1].price
        return self.life.position.gain(level.price, stop) / stop * 100

    @property
    def rested(self) -> Fraction:
        """The seconds since the last publication."""
        return self.history[-1].t - self.stops[-1].t

    def is_held(self, level: Level) -> bool:
        """Return True if the gate holds a move back."""
        gate, percent = self.life.gate, self.improvement(level)
        if gate is None or percent >= gate.emergency:
            return False
        return not (percent >= gate.improvement and self.rested >= gate.interval)

    def due(self) -> Sale | None:
        """Return the order of rule 11; it never sells more than is left."""
        now, position, rungs = self.history[-1], self.life.position, self.life.rungs[self.taken :]
        multiple = position.multiple(now.price)
        reached = [rung for rung in rungs if multiple >= rung.at]
        parts = [self.left if rung.part is None else rung.part for rung in reached]
        virtual = self.tightest(self.virtual)
        portion = virtual is not None and self.beyond(now.price, virtual.price)
        portion = portion and not any(sale.portion for sale in self.sales)
        if portion:
            parts += [engine.portion for engine in self.life.engines if engine.portion is not None]
        return Sale(len(reached), portion, min(sum(parts, Fraction(0)), self.left)) if parts else None
