"""What one trade has to do next, foretold by the oracle: its stop, its end, and what is to be sold."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any, NamedTuple

from hypothesis import strategies as st

from tests.oracle.life import Seen, atrs, exact
from tests.oracle.reading import life_of
from tests.oracle.story import Published, Story
from tests.support.invariants import LAST, LOT, Ledger, Sold
from tests.support.selling_strategies import HALF_QUARTER_REST

SECONDS = 300
"""Of a candle."""
RESERVE = Fraction(3, 2)
LEAST = Fraction(2, 1000)
"""Of the entry: a span that is nearer after a purchase keeps its old length."""

SCHEDULES: list[list[list[Any]]] = [
    HALF_QUARTER_REST,
    [],
    [[0.25, 0.2], [0.5, 0.2], [0.75, 0.2], [1.0, 0.2], [1.5, "rest"]],
    [[0.5, 0.3333], [1.0, 0.3333], [1.5, 0.3334]],
    [[0.3333333333, 0.1], [1.0, 0.15], [1.7777777777, 0.2], [2.5, 0.05]],
]
ADAPTIVE = {"name": "hand_span", "adaptive": {"min_scale": 0.3}}
"""When the ATR falls, a level may come to stand where the price has already been."""
SILENT = {"name": "r_ladder", "rungs": [[50.0, "breakeven"]]}
FOCUS: dict[str, tuple[list[list[dict[str, Any]]], list[list[list[Any]]]]] = {
    "levels": ([[ADAPTIVE]], [[]]),
    "sales": ([[SILENT]], SCHEDULES[2:]),
}
"""Engines and schedules to look for a bug of one kind with."""
AIMS = st.sampled_from(["stop", "level", "level", "level", 0, 1, 1, 2, 3])
"""Where a machine may lead the price."""


def drawn(place: int) -> st.SearchStrategy[Any]:
    """Draw one of what a machine has in `drawn_from`."""
    return st.runner().flatmap(lambda machine: st.sampled_from(machine.drawn_from[place]))


class Order(NamedTuple):
    """A sale: its tag and its lots; all of them where nothing is to be left."""

    tag: str
    lots: int


class Foretold:
    """What is to come of one trade.

    Attributes:
        stop: that has to be in force.
        sure: the stop is; of some engines it is not known what they make of a purchase.
        bought: more was bought since the first fill.
        whole: no engine sells a portion.
    """

    def __init__(self, ledger: Ledger, block: Mapping[str, Any], atr: Sequence[float], candles: int = 0) -> None:
        """Begin with the first fill, which is told that many candles late; `atr` is always that of the last candle."""
        self.atr = atr
        self.ledger, self.stop, self.sure, self.bought = ledger, ledger.first_stop, True, False
        entry = float(ledger.trade.open_rate)
        case = {
            "side": "long" if ledger.side > 0 else "short",
            "entry": entry,
            "initial_stop": float(ledger.first_stop),
            "tick_size": 0.01,
            "settings": dict(block),
        }
        life = life_of(case)
        self.story = Story(life, [Published(life.position.opened_at, ledger.first_stop)])
        self.whole = all(engine.portion is None for engine in life.engines)
        self.time = Fraction(0)
        self._see(exact(entry))
        self.time = Fraction(SECONDS * candles)

    def _see(self, price: Fraction) -> None:
        self.story.look(Seen(self.time, price, exact(self.atr[0]), None, council=False))

    def average(self, entry: float, filled_at: float, *, between_looks: bool = False) -> None:
        """Take the open rate that a purchase has left: what was seen under the one before counts no more.

        The stop, and the tightest level that was ever desired, stay. Where a look came after the purchase, and of
        engines that keep something, it is not known what comes of it.
        """
        life, known = self.story.life, atrs(self.story.history)
        now, before = exact(entry), life.position
        risk = self.ledger.gain(now, before.first_stop)
        kept = before.risk if risk <= 0 or risk < now * LEAST else None
        self.story.life = replace(life, position=replace(before, entry=now, kept_risk=kept))
        best = max(now, exact(filled_at), key=lambda price: self.ledger.side * price)
        self.story.history = [Seen(self.time, best, atr, None, council=False) for atr in (known[0], known[-1])]
        keeps = any(engine.name not in ("hand_span", "r_ladder") for engine in life.engines)
        self.sure, self.bought = self.sure and between_looks and not keeps, True

    def look(self, price: float) -> str | None:
        """Look at a price; return why the trade is to be left: "stop", "crossed", or not at all."""
        now, story = exact(price), self.story
        if story.beyond(now, self.stop):
            return "stop"
        self._see(now)
        desired = story.desired
        if desired is None or self.ledger.gain(desired.price, self.stop) <= 0:
            return None
        if story.beyond(now, desired.price):
            return "crossed"
        if self.ledger.gain(now, story.life.position.entry) >= 0:
            self.stop = desired.price
        return None

    def aim(self, what: str | int, close: int) -> int:
        """Return a price, in cents, where something is decided: the stop, the next level, or half spans ahead."""
        position, desired = self.story.life.position, self._next_level(close)
        if what == "stop":
            price = exact(float(self.ledger.trade.stop_loss))
        elif what == "level" and desired is not None and self.ledger.gain(desired, self.stop) > 0:
            price = desired
        else:
            half, ahead = position.risk / 2, 1 if isinstance(what, str) else what
            price = position.ahead((self.ledger.gain(Fraction(close, 100), position.entry) // half + ahead) * half)
        return round(price * 100)

    def _next_level(self, close: int) -> Fraction | None:
        """Return the level that one more look would ask for."""
        story = self.story
        again = replace(story, history=[*story.history], offered=[*story.offered], virtual=[*story.virtual])
        again.look(Seen(self.time + SECONDS, Fraction(close, 100), exact(self.atr[0]), None, council=False))
        return None if again.desired is None else again.desired.price

    def opens(self, opening: float) -> str | None:
        """Look at the open of a candle of a backtest; return why the trade is left at it."""
        self.time += SECONDS
        return self.look(opening)

    def reaches(self, favour: float, against: float) -> str | None:
        """Look at the extremes of a candle, the favourable one first; return why the trade is left in it."""
        if not self.story.beyond(exact(against), self.stop):
            self.look(favour)
        return "stop" if self.story.beyond(exact(against), self.stop) else None

    def due(self, price: float, smallest: float, sold: Sold) -> Order | None:
        """Return what is to be sold at a price of which nothing but parts can come.

        Args:
            price: that was looked at.
            smallest: what the host names as the smallest order, in USDT.
            sold: what orders have bought and sold before.
        """
        now, story, rungs = exact(price), self.story, self.story.life.rungs
        multiple = story.life.position.multiple(now)
        reached = max([sold.rungs, *(number for number, rung in enumerate(rungs, 1) if multiple >= rung.at)])
        virtual = story.tightest(story.virtual)
        portion = sold.portion or (virtual is not None and story.beyond(now, virtual.price))
        total = self._sold(reached, portion=portion)
        part = total - self._sold(sold.rungs, portion=sold.portion)
        if part <= 0:
            return None
        amount = min(sold.held, int(part * sold.bought) + sold.owed)
        rest, least = sold.held - amount, exact(smallest) / now / LOT
        if total < 1 and (amount < least or amount == 0):
            return None
        if total == 1 or rest < least * RESERVE or rest == 0:
            return Order(LAST, sold.held)
        rung = self.ledger.tags[reached - 1].removeprefix("robustop") if reached > sold.rungs else ""
        return Order(f"robustop{'_portion' if portion and not sold.portion else ''}{rung}", amount)

    def _sold(self, rungs: int, *, portion: bool) -> Fraction:
        """Return the part of the original that is sold with so many rungs, at most all of it."""
        parts = [Fraction(1) if rung.part is None else rung.part for rung in self.story.life.rungs[:rungs]]
        parts += [engine.portion for engine in self.story.life.engines if engine.portion is not None and portion]
        return min(sum(parts, Fraction(0)), Fraction(1))
