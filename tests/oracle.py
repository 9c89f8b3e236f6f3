"""An independent oracle of the whole step with `hand_span`, in exact rationals.

It recomputes from the whole history at every tick: the best price is the maximum of all prices, the desired
level the tightest of everything that was ever offered and cleared. It imports nothing of the package it judges.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NamedTuple

PHASES = ("INITIAL_RISK", "BREAKEVEN_PROTECTED")
HOUR = 3600


class Offer(NamedTuple):
    """A level on the grid, and the rule that offered it."""

    price: Fraction
    rule: str


class Seen(NamedTuple):
    """One tick as rationals; an ATR of None was not given."""

    t: Fraction
    price: Fraction
    atr: Fraction | None
    council: bool


class Judged(NamedTuple):
    """A step as `simulate` prints it, and the rules that were at work in it."""

    step: dict[str, Any]
    marks: frozenset[str]


def exact(number: float) -> Fraction:
    """Return the decimal that `number` was written as."""
    return Fraction(repr(number))


def on_grid(side: int, price: Fraction, tick_size: Fraction) -> Fraction:
    """Return the price of the grid that is `price`, or next to it on the market's side."""
    ticks = price / tick_size
    return (math.ceil(ticks) if side > 0 else math.floor(ticks)) * tick_size


@dataclass(frozen=True)
class Life:
    """One position and its settings, as rationals; prices are compared in direction of `side`."""

    side: int
    entry: Fraction
    first_stop: Fraction
    tick_size: Fraction
    opened_at: Fraction
    costs: Fraction
    min_scale: Fraction
    after: Fraction | None
    late_lag: Fraction
    gate: tuple[Fraction, Fraction, Fraction] | None

    @property
    def risk(self) -> Fraction:
        """The distance between the entry and the rounded initial stop."""
        return self.side * (self.entry - self.first_stop)

    def gain(self, price: Fraction, over: Fraction) -> Fraction:
        """Return how much better for the position `price` is than `over`."""
        return self.side * (price - over)

    def best(self, history: list[Seen]) -> Fraction:
        """Return the most favorable price of the history, the entry included."""
        return max([self.entry, *(seen.price for seen in history)], key=lambda price: self.side * price)

    def scale(self, history: list[Seen]) -> Fraction:
        """Return the part of the span in use after `history`."""
        known = [seen.atr for seen in history if seen.atr is not None]
        return min(max(known[-1] / known[0], self.min_scale), Fraction(1)) if known else Fraction(1)

    def tightened(self, history: list[Seen]) -> bool:
        """Return whether the position is old enough for the late lag."""
        return self.after is not None and history[-1].t - self.opened_at >= self.after

    def offers(self, history: list[Seen]) -> list[Offer]:
        """Return what the engine offers at the end of `history`, breakeven first."""
        span = self.risk * self.scale(history)
        spans = math.floor(self.gain(self.best(history), self.entry) / span)
        lag = self.late_lag if self.tightened(history) else Fraction(1)
        raw = []
        if spans >= 1:
            raw.append(Offer(self.entry * (1 + self.side * self.costs / 100), "breakeven"))
        if spans >= 2 or (spans == 1 and self.tightened(history)):
            raw.append(Offer(self.entry + self.side * (spans - lag) * span, "trail"))
        return [Offer(on_grid(self.side, offer.price, self.tick_size), offer.rule) for offer in raw]

    def desired(self, history: list[Seen]) -> Offer | None:
        """Return the tightest level of the whole history that the best price had cleared; the first wins."""
        cleared = [
            offer
            for length in range(1, len(history) + 1)
            for offer in self.offers(history[:length])
            if self.gain(self.best(history[:length]), offer.price) > 0
        ]
        return max(cleared, key=lambda offer: self.side * offer.price, default=None)

    def held(self, stop: Fraction, level: Fraction, rested: Fraction) -> bool:
        """Return whether the gate holds back a move from `stop` to `level`, `rested` after the last one."""
        if self.gate is None:
            return False
        interval, improvement, emergency = self.gate
        percent = self.gain(level, stop) / stop * 100
        return not (percent >= emergency or (percent >= improvement and rested >= interval))


def merged(base: Any, over: Any) -> Any:
    """Return `over` on top of `base`: blocks key by key, anything else as a whole."""
    if not (isinstance(base, Mapping) and isinstance(over, Mapping)):
        return over
    return {**base, **{key: merged(base.get(key), value) for key, value in over.items()}}


def life_of(case: Mapping[str, Any]) -> Life:
    """Read a case; what it leaves out is the documented default."""
    side = {"long": 1, "short": -1}[case["side"]]
    block = case.get("settings", {})
    block = merged(block, block.get("pairs", {}).get(case.get("pair"), {}))
    engine = block.get("engines", [{}])[0]
    shared = block.get("breakeven", {})
    gate = block.get("gate", {})
    tighten = engine.get("tighten")
    adaptive = engine.get("adaptive")
    return Life(
        side=side,
        entry=exact(case["entry"]),
        first_stop=on_grid(side, exact(case["initial_stop"]), exact(case["tick_size"])),
        tick_size=exact(case["tick_size"]),
        opened_at=exact(case.get("opened_at", 0)),
        costs=exact(engine.get("fee_percent", shared.get("fee_percent", 0.1)))
        + exact(engine.get("slippage_percent", shared.get("slippage_percent", 0.05))),
        min_scale=exact(1 if adaptive is None else adaptive.get("min_scale", 0.5)),
        after=None if tighten is None else exact(tighten["after_hours"]) * HOUR,
        late_lag=exact(1 if tighten is None else tighten["lag"]),
        gate=(
            exact(gate.get("min_interval_s", 60)),
            exact(gate.get("min_improvement_percent", 0.1)),
            exact(gate.get("emergency_percent", 1)),
        )
        if case.get("on_exchange")
        else None,
    )


def judge(case: Mapping[str, Any]) -> Iterator[Judged]:
    """Yield every step of a case up to and including the exit, with the rules at work in it."""
    life = life_of(case)
    moves = [(life.opened_at, life.first_stop)]
    history: list[Seen] = []
    for raw in case["ticks"]:
        atr = raw.get("atr")
        seen = Seen(exact(raw["t"]), exact(raw["price"]), atr and exact(atr), bool(raw.get("council")))
        history.append(seen)
        published_at, stop = moves[-1]
        reason, offer, action, level = None, None, "hold", None
        if life.gain(seen.price, stop) <= 0:
            action, reason = "exit", "STOP_LOSS" if stop == life.first_stop else "TRAILING_STOP"
        elif seen.council:
            action, reason = "exit", "COUNCIL_SELL"
        else:
            level = life.desired(history)
            if level is not None and life.gain(level.price, stop) > 0:
                if life.gain(seen.price, level.price) <= 0:
                    action, reason, offer = "exit", "TRAILING_STOP", level
                elif not life.held(stop, level.price, seen.t - published_at):
                    action, offer = "move", level
                    moves.append((seen.t, level.price))
        step = {
            "t": raw["t"],
            "price": raw["price"],
            "stop": float(moves[-1][1]),
            "level": None if level is None else float(level.price),
            "engine": None if offer is None else "hand_span",
            "rule": None if offer is None else offer.rule,
            "phase": PHASES[any(life.gain(price, life.entry) >= 0 for _, price in moves)],
            "action": action,
            "fraction": None,
            "reason": reason,
        }
        yield Judged(step, frozenset(_marks(life, history, stop, step)))
        if reason is not None:
            return


def steps_of(case: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the steps that `simulate` has to print for a case."""
    return [judged.step for judged in judge(case)]


def _marks(life: Life, history: list[Seen], stop: Fraction, step: dict[str, Any]) -> Iterator[str]:
    """Name the rules at work at the end of `history`, where the stop before was `stop`."""
    yield " ".join(filter(None, (step["action"], step["rule"], step["reason"])))
    best, scale, level = life.best(history), life.scale(history), step["level"]
    if any(life.gain(best, offer.price) <= 0 for offer in life.offers(history)):
        yield "waits for cleared"
    if (life.gain(best, life.entry) / (life.risk * scale)).denominator == 1 and best != life.entry:
        yield "whole spans"
    if scale < 1:
        yield "clamped scale" if scale == life.min_scale else "adaptive scale"
    if life.tightened(history):
        yield "tightened"
    if level is not None and step["action"] == "hold":
        held = life.gain(exact(level), stop) > 0
        yield "gate hold" if held else "level not tighter"
    if life.gate and step["action"] == "move" and life.gain(exact(level), stop) / stop * 100 in life.gate[1:]:
        yield "gate at its bound"
