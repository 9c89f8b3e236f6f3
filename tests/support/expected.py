"""The oracle's expectation for one trade: its stop, its end, and what has to be sold."""

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
"""Length of a candle."""
RESERVE = Fraction(3, 2)
LEAST = Fraction(2, 1000)
"""Smallest span, as a fraction of the entry; if a purchase would make the span smaller, the old span stays."""

SCHEDULES: list[list[list[Any]]] = [
    HALF_QUARTER_REST,
    [],
    [[0.25, 0.2], [0.5, 0.2], [0.75, 0.2], [1.0, 0.2], [1.5, "rest"]],
    [[0.5, 0.3333], [1.0, 0.3333], [1.5, 0.3334]],
    [[0.3333333333, 0.1], [1.0, 0.15], [1.7777777777, 0.2], [2.5, 0.05]],
]
ADAPTIVE = {"name": "hand_span", "adaptive": {"min_scale": 0.3}}
"""Engines that read the ATR: when it falls, a level may move to where the price has already been."""
SILENT = {"name": "r_ladder", "rungs": [[50.0, "breakeven"]]}
FOCUS: dict[str, tuple[list[list[dict[str, Any]]], list[list[list[Any]]]]] = {
    "levels": ([[ADAPTIVE]], [[]]),
    "sales": ([[SILENT]], SCHEDULES[2:]),
}
"""Engines and schedules on which a bug of one kind is searched for."""
AIMS = st.sampled_from(["stop", "level", "level", "level", 0, 1, 1, 2, 3])
"""Price targets that a state machine may choose."""


def draw_from(place: int) -> st.SearchStrategy[Any]:
    """Draw from `drawn_from` of a state machine."""
    return st.runner().flatmap(lambda machine: st.sampled_from(machine.drawn_from[place]))


class Order(NamedTuple):
    """A sale: its tag and its lots; no lots means all of them."""

    tag: str
    lots: int


class ExpectedTrade:
    """The expected course of one trade.

    Attributes:
        stop: the stop that has to be in force.
        sure: False if the effect of a purchase on the stop cannot be predicted.
        bought: True if more was bought since the first fill.
        whole: True if no engine sells a portion.
    """

    def __init__(self, ledger: Ledger, block: Mapping[str, Any], atr: Sequence[float], candles: int = 0) -> None:
        """Start at the first fill, reported this many candles late; `atr` is always that of the last candle."""
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
        """Apply the open rate after a purchase; prices seen under the old open rate no longer count.

        The stop and the tightest level ever desired stay. If an exit check came after the purchase, or an engine keeps
        memory, the result cannot be predicted.
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
        """Process a price; return the expected exit ("stop" or "crossed"), or None."""
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
        """Return a price in cents at a boundary: the stop, the next level, or half spans ahead."""
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
        """Return the level that another price check would request."""
        story = self.story
        again = replace(story, history=[*story.history], offered=[*story.offered], virtual=[*story.virtual])
        again.look(Seen(self.time + SECONDS, Fraction(close, 100), exact(self.atr[0]), None, council=False))
        return None if again.desired is None else again.desired.price

    def opens(self, opening: float) -> str | None:
        """Process the open of a backtest candle; return the expected exit there."""
        self.time += SECONDS
        return self.look(opening)

    def reaches(self, favour: float, against: float) -> str | None:
        """Process the extremes of a candle, the favorable one first; return the expected exit in the candle."""
        if not self.story.beyond(exact(against), self.stop):
            self.look(favour)
        return "stop" if self.story.beyond(exact(against), self.stop) else None

    def due(self, price: float, smallest: float, sold: Sold) -> Order | None:
        """Return what has to be sold at a price that ends nothing.

        Args:
            price: the price.
            smallest: Freqtrade's minimum order, in USDT.
            sold: what orders have bought and sold so far.
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
        """Return the part of the original sold by this many rungs, at most all of it."""
        parts = [Fraction(1) if rung.part is None else rung.part for rung in self.story.life.rungs[:rungs]]
        parts += [engine.portion for engine in self.story.life.engines if engine.portion is not None and portion]
        return min(sum(parts, Fraction(0)), Fraction(1))
