"""Scenarios for the laws: price paths in whole ticks, aimed at the thresholds of the engines.

Engines draw their options from small pools of numbers. A price is drawn at such a number of spans, percents or ATRs
from the entry or behind the best price, or one tick beside it, so that thresholds and levels are met exactly.
"""

import json
import math
from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from random import Random
from typing import Any, NamedTuple

from hypothesis import strategies as st

from robustop_plugin.core import facts
from robustop_plugin.settings import RobustopBlock, load_settings
from tests.support.engine_options import RANDOMS, Block

NO_PARTIALS: Block = {"partials": []}
PERCENT_COSTS: Block = {"breakeven": {"mode": "percent"}}
SPANS = tuple(map(Fraction, ("1", "2", "0.25", "0.5", "0.75", "1", "1.5", "2", "2.5", "3", "3.25", "4", "-0.5", "-1")))
PERCENTS = tuple(map(Fraction, ("1", "3", "0", "0.5", "1", "2", "4", "5")))
ATRS = tuple(map(Fraction, ("2", "0.5", "1", "2", "3", "4")))
AHEAD = (
    *(("span", number) for number in SPANS),
    *(("percent", number) for number in PERCENTS),
    *(("atr", number) for number in ATRS),
)
BEHIND = (
    *(("span", Fraction(number)) for number in ("-0.5", "-1", "-1.5", "-2")),
    *(("percent", Fraction(number)) for number in ("-0.25", "-0.5", "-1", "-2")),
    *(("atr", -number) for number in ATRS),
)
AIMS = (*((False, *aim) for aim in AHEAD), *((True, *aim) for aim in BEHIND))
"""Whether measured from the best price instead of the entry, the unit, and the number of units."""

ON = 0.6
"""How often a price moves on to a new best."""

ASIDE = (0, 0, -1, 1)
SECONDS = (60, 0, 1, 59, 60, 60, 1200)
MOMENTA = (None, *map(Fraction, (-2, -1, 0, 1, 2)))
KINDS_OF_ATR = (None, "1", "2", "3", "4", "risk", "half")
ENTRIES = (20, 100, 1000, 10000, 10**5, 10**6)
PARTS = (10, 20, 33, 50, 100, 1000)
LENGTHS = st.integers(1, 10)


class Look(NamedTuple):
    """One tick as rationals; momentum in percent."""

    time: int
    price: Fraction
    atr: Fraction | None = None
    momentum: Fraction | None = None


class Scenario(NamedTuple):
    """A scenario: a position, its settings and all its ticks, as rationals."""

    side: int
    tick_size: Fraction
    entry: Fraction
    stop: Fraction
    looks: tuple[Look, ...]
    block: Block
    on_exchange: bool
    atr_mean: Fraction | None = None
    regime: facts.Regime | None = None

    def position(self) -> facts.Position:
        """Return the position as created by the first fill."""
        prices = (float(price) for price in (self.entry, self.stop, self.tick_size))
        return facts.Position(self.side, *prices, 0.0, as_float(self.atr_mean), self.regime)

    def ticks(self) -> list[facts.Tick]:
        """Return the ticks as the step takes them."""
        return [
            facts.Tick(
                float(look.time),
                float(look.price),
                as_float(look.atr),
                on_exchange=self.on_exchange,
                momentum=as_float(look.momentum),
            )
            for look in self.looks
        ]

    def alone(self) -> Iterator["Scenario"]:
        """Yield the scenario with each of its engines alone."""
        for engine in self.block["engines"]:
            yield self.with_settings(engines=[engine])

    def with_settings(self, **settings: Any) -> "Scenario":
        """Return the scenario with other settings."""
        return self._replace(block={**self.block, **settings})

    def scaled(self, factor: Fraction) -> "Scenario":
        """Return the scenario with every price multiplied."""
        looks = tuple(
            look._replace(price=look.price * factor, atr=look.atr and look.atr * factor) for look in self.looks
        )
        return self._replace(
            tick_size=self.tick_size * factor,
            entry=self.entry * factor,
            stop=self.stop * factor,
            atr_mean=self.atr_mean and self.atr_mean * factor,
            looks=looks,
        )

    def mirrored(self) -> "Scenario":
        """Return the scenario on the other side, with every price and momentum reflected."""
        looks = tuple(
            look._replace(price=2 * self.entry - look.price, momentum=look.momentum and -look.momentum)
            for look in self.looks
        )
        return self._replace(side=-self.side, stop=2 * self.entry - self.stop, looks=looks)


def as_float(number: Fraction | None) -> float | None:
    """Return the float of a rational, or None."""
    return None if number is None else float(number)


def block_of(life: Scenario) -> RobustopBlock:
    """Return the settings of a scenario; it has paid nothing, so its costs are shares of the entry."""
    return _loaded(json.dumps(life.block))


@cache
def _loaded(block: str) -> RobustopBlock:
    return load_settings(PERCENT_COSTS, json.loads(block)).default


def aimed(
    life: Scenario, aim: tuple[bool, str, Fraction], best: Fraction, atr: Fraction | None, *, on: bool
) -> Fraction:
    """Return a price, in ticks, at a threshold of an engine or the schedule; `on` leads to a new best."""
    from_best, unit, count = aim
    start, risk = best if from_best else life.entry, abs(life.entry - life.stop)
    step = {"span": risk, "percent": start / 100, "atr": atr or risk}[unit]
    short_of = life.side * (best - start) - count * step
    steps = math.ceil(short_of / step) if on and short_of > 0 else 0
    return start + life.side * (count + steps) * step


def atr_of(kind: str | None, risk: int) -> Fraction | None:
    """Return an ATR of this kind, in ticks."""
    named = {"risk": risk, "half": risk // 2 or 1}
    return None if kind is None else Fraction(named.get(kind) or int(kind))


def entry_and_risk(random: Random) -> tuple[int, int]:
    """Return an entry and a span, in ticks: round ones and any others, with room for a stop on both sides."""
    entry = random.choice((*ENTRIES, random.randint(20, 10**6)))
    risk = random.choice((random.randint(1, 12), entry // random.choice(PARTS), random.randint(1, entry - 2)))
    return entry, max(1, risk)


def look_after(random: Random, life: Scenario) -> Look:
    """Return the next tick of a scenario, in whole price ticks; prices stay below twice the entry."""
    best = max([life.entry, *(look.price for look in life.looks)], key=lambda price: life.side * price)
    risk, known = abs(life.entry - life.stop), [look.atr for look in life.looks if look.atr is not None]
    now = atr_of(random.choice(KINDS_OF_ATR), int(risk))
    target = aimed(life, random.choice(AIMS), best, now or (known[-1] if known else None), on=random.random() < ON)
    price = min(max(round(target) + random.choice(ASIDE), 1), 2 * life.entry - 1)
    time = (life.looks[-1].time if life.looks else 0) + random.choice(SECONDS)
    return Look(time, Fraction(price), now, random.choice(MOMENTA))


@st.composite
def lives_of(draw: st.DrawFn, blocks: st.SearchStrategy[Block]) -> Scenario:
    """Draw a scenario with these settings that has a mirror image; a shorter one is a prefix of a longer one."""
    random, length = draw(RANDOMS), draw(LENGTHS)
    side, (entry, risk) = random.choice((1, -1)), entry_and_risk(random)
    life = Scenario(
        side=side,
        tick_size=Fraction(1),
        entry=Fraction(entry),
        stop=Fraction(entry - side * risk),
        looks=(),
        block=draw(blocks),
        on_exchange=random.random() < ON,
        atr_mean=atr_of(random.choice(KINDS_OF_ATR), risk),
        regime=random.choice((None, *facts.Regime)),
    )
    tick_size = Fraction(1, 10 ** random.randint(0, 8))
    for _ in range(length):
        life = life._replace(looks=(*life.looks, look_after(random, life)))
    return life.scaled(tick_size)


def lives(name: str, options: st.SearchStrategy[Block]) -> st.SearchStrategy[Scenario]:
    """Draw a scenario with the engine `name` alone and no partial exits."""
    return lives_of(options.map(lambda chosen: {"engines": [{"name": name, **chosen}], **NO_PARTIALS}))
