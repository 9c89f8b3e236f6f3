"""Expected stop of one trade, computed in exact rationals from its fills and the prices, following the design document.

Nothing here uses robustop's code or state. `E`, `S0`, `R` and `B` are the design's letters.
"""

import math
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, NamedTuple

from tests.oracle.life import exact, on_grid

CENT = Fraction(1, 100)
COSTS = Fraction(15, 10000)
"""Fee and slippage of breakeven, as a fraction of the entry."""
FALLBACK, NEAREST, FARTHEST = Fraction(2, 100), Fraction(2, 1000), Fraction(15, 100)
PERCENT = Fraction(15, 1000)
BUFFER = Fraction(1, 1000)
MIDDLE = Fraction(100)
"""The price at which all candles open and close."""

INITIAL_STOPS: dict[str, dict[str, Any]] = {
    "percent": {"kind": "percent", "percent": 1.5},
    "atr": {"kind": "atr", "multiplier": 2.0, "period": 14},
    "swing": {"kind": "swing", "lookback": 10, "buffer_percent": 0.1},
}
ENGINES: dict[str, list[dict[str, Any]]] = {
    "span": [{"name": "hand_span"}],
    "adaptive": [{"name": "hand_span", "adaptive": {"min_scale": 0.25}}],
    "portion": [{"name": "hand_span", "portion": 0.25}],
    "ladder": [{"name": "r_ladder", "rungs": [[0.5, "breakeven"], [1.0, 1.0], [2.5, 1.5]]}],
    "trail": [{"name": "smart_trail", "activation_percent": 1.0, "distance_percent": 1.25, "breakeven_percent": 0.125}],
    "both": [
        {"name": "r_ladder", "rungs": [[1.5, 1.25]]},
        {"name": "smart_trail", "activation_percent": 0.5, "distance_percent": 2.5},
    ],
}
SCHEDULES: dict[str, list[list[Any]]] = {
    "none": [],
    "parts": [[1.0, 0.25], [2.0, 0.5], [3.0, "rest"]],
    "far": [[1.5, 0.25]],
}


class Kind(NamedTuple):
    """The settings of a scenario: keys of `INITIAL_STOPS`, `ENGINES` and `SCHEDULES`."""

    stop: str
    engines: str
    schedule: str

    @property
    def block(self) -> dict[str, Any]:
        """The robustop settings."""
        return {
            "initial_stop": INITIAL_STOPS[self.stop],
            "engines": ENGINES[self.engines],
            "partials": SCHEDULES[self.schedule],
            "breakeven": {"mode": "percent", "fee_percent": 0.1, "slippage_percent": 0.05},
        }

    @property
    def averages(self) -> bool:
        """Whether more may be bought: a purchase's effect on a virtual level or `atr_at_entry` is not specified."""
        return self.engines not in {"adaptive", "portion"}


@dataclass
class Expected:
    """One trade from its first fill on.

    Attributes:
        kind: the settings.
        side: +1 long, -1 short.
        entry: `E`.
        host: the loosest stop that Freqtrade may hold.
        seen: Freqtrade's stop at the last check.
        span: range of the candles at the fill, which equals their ATR; None while there are no candles.
    """

    kind: Kind
    side: int
    entry: Fraction
    host: Fraction
    span: Fraction | None
    seen: Fraction = field(init=False)
    level: Fraction | None = field(default=None)
    virtual: Fraction | None = field(default=None)
    averaged: bool = field(default=False)

    def __post_init__(self) -> None:
        """Set the stop of the first fill: the fallback while candles are missing."""
        self.seen, self.first = self.host, self.entry
        self.waits, self.atr_at_entry = self.span is None, self.span
        self.stop = self.first_stop = self._first_stop(self.span)
        self.risk = self.gain(self.entry, self.first_stop)
        self._anew(self.entry)

    def gain(self, price: Fraction, over: Fraction) -> Fraction:
        """Return how much better one price is than another for the trade."""
        return self.side * (price - over)

    def _tightest(self, *levels: Fraction | None) -> Fraction:
        return max((level for level in levels if level is not None), key=lambda level: self.side * level)

    @property
    def ceiling(self) -> Fraction:
        """The tightest valid stop: a price at it exits the trade."""
        return self._tightest(self.stop, self.level)

    def _away(self, part: Fraction) -> Fraction:
        return self.first * (1 - self.side * part)

    def _first_stop(self, span: Fraction | None) -> Fraction:
        """Return `S0` of the first fill."""
        wanted = None
        if self.kind.stop == "percent":
            wanted = self._away(PERCENT)
        elif span is not None and self.kind.stop == "atr":
            wanted = self.first - self.side * 2 * span
        elif span is not None:
            wanted = (MIDDLE - self.side * span / 2) * (1 - self.side * BUFFER)
        if wanted is None or self.gain(self.first, wanted) <= 0:
            wanted = self._away(FALLBACK)
        far, near = self._away(FARTHEST), self._away(NEAREST)
        wanted = near if self.gain(wanted, near) > 0 else self._tightest(wanted, far)
        return on_grid(self.side, wanted, CENT)

    def _anew(self, best: Fraction) -> None:
        """Reset the best price and the memory of all engines."""
        self.best, self.active, self.armed = best, None, False

    def candles(self, span: Fraction) -> None:
        """Apply the first candles of a trade that was filled without any; the stop in force does not loosen."""
        self.waits, self.span = False, span
        self.atr_at_entry = span
        self.first_stop = self._first_stop(span)
        self.stop = self._tightest(self.stop, self.first_stop)
        self.risk = self.gain(self.entry, self.first_stop)

    def bought(self, entry: Fraction, price: Fraction) -> None:
        """Apply a purchase that moves `E`: best and engines reset, stop and level stay."""
        self.entry, self.averaged = entry, True
        risk = self.gain(entry, self.first_stop)
        if risk > 0 and risk >= entry * NEAREST:
            self.risk = risk
        self._anew(self._tightest(entry, price))

    def adopted(self, best: Fraction, held: Fraction) -> None:
        """Lose the state: settings and candles are those of the entry, best and stop are Freqtrade's."""
        self.first_stop = self._first_stop(self.atr_at_entry)
        self.stop, self.level, self.virtual = self._tightest(held, self.first_stop), None, None
        self._anew(self._tightest(self.entry, best))

    def look(self, price: Fraction, span: Fraction | None) -> bool:
        """Process a price; return whether the trade has to exit."""
        if self.gain(price, self.stop) <= 0:
            # Nothing else is looked at, not even candles that a trade has waited for.
            return True
        if self.waits and span is not None:
            self.candles(span)
            if self.gain(price, self.stop) <= 0:
                return True
        self.best = self._tightest(self.best, price)
        cleared = [on_grid(self.side, level, CENT) for level in self._offers(price, span)]
        self.level = self._tightest(*[x for x in cleared if self.gain(self.best, x) > 0], self.level, self.stop)
        if self.gain(price, self.level) <= 0:
            return True
        if self.gain(price, self.entry) >= 0:
            self.stop = self.host = self.level
        return False

    def _offers(self, price: Fraction, span: Fraction | None) -> list[Fraction]:
        offers: list[Fraction] = []
        for engine in ENGINES[self.kind.engines]:
            offers += {"hand_span": self._spans, "r_ladder": self._ladder, "smart_trail": self._trail}[engine["name"]](
                engine, price, span
            )
        return offers

    @property
    def _breakeven(self) -> Fraction:
        return self.entry * (1 + self.side * COSTS)

    def _spans(self, engine: dict[str, Any], _: Fraction, span: Fraction | None) -> list[Fraction]:
        scale = Fraction(1)
        if "adaptive" in engine and self.atr_at_entry is not None and span is not None:
            scale = min(max(span / self.atr_at_entry, exact(engine["adaptive"]["min_scale"])), Fraction(1))
        count = math.floor(self.gain(self.best, self.entry) / (self.risk * scale))
        trail = self.entry + self.side * (count - 1) * self.risk * scale
        if count >= 2 and "portion" in engine:
            rounded = on_grid(self.side, trail, CENT)
            if self.gain(self.best, rounded) > 0:
                self.virtual = self._tightest(rounded, self.virtual)
        return [self._breakeven][: max(count, 0)] + ([trail] if count >= 2 and "portion" not in engine else [])

    def _ladder(self, engine: dict[str, Any], *_: Any) -> list[Fraction]:
        multiple = self.gain(self.best, self.entry) / self.risk
        reached = [what for at, what in engine["rungs"] if multiple >= exact(at)]
        numbers = [exact(what) for what in reached if what != "breakeven"]
        offers = [self.entry] if "breakeven" in reached else []
        return offers + [self.best - self.side * number * self.risk for number in numbers[-1:]]

    def _trail(self, engine: dict[str, Any], price: Fraction, _: Fraction | None) -> list[Fraction]:
        profit = self.gain(price, self.entry) / self.entry * 100
        self.armed = self.armed or ("breakeven_percent" in engine and profit >= exact(engine["breakeven_percent"]))
        if self.active is not None or profit >= exact(engine["activation_percent"]):
            self.active = self._tightest(self.active, price)
        offers = [self._breakeven] if self.armed else []
        if self.active is not None:
            offers.append(self.active * (1 - self.side * exact(engine["distance_percent"]) / 100))
        return offers
