"""Stepped trailing: the stop follows in whole spans."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar, Self

from tests.oracle.life import HOUR, Engine, History, Offer, Position, atrs, number


@dataclass(frozen=True)
class HandSpan(Engine):
    """Its options; without `adaptive` the smallest scale is one, without `tighten` the age is never reached."""

    name: ClassVar[str] = "hand_span"
    costs: Fraction
    min_scale: Fraction
    after: Fraction | None
    late_lag: Fraction
    portion: Fraction | None

    @classmethod
    def read(cls, block: Mapping[str, Any], costs: Fraction) -> Self:
        """Read the options as written."""
        adaptive, tighten = block.get("adaptive"), block.get("tighten")
        return cls(
            costs=costs,
            min_scale=Fraction(1) if adaptive is None else number(adaptive, "min_scale", "0.5"),
            after=None if tighten is None else number(tighten, "after_hours") * HOUR,
            late_lag=Fraction(1) if tighten is None else number(tighten, "lag"),
            portion=number(block, "portion"),
        )

    def scale(self, history: History) -> Fraction:
        """Return the part of the span in use after `history`."""
        known = atrs(history)
        return min(max(known[-1] / known[0], self.min_scale), Fraction(1)) if known else Fraction(1)

    def tightened(self, position: Position, history: History) -> bool:
        """Return True if the position is old enough for the tightened lag."""
        return self.after is not None and position.age(history[-1]) >= self.after

    def span(self, position: Position, history: History) -> Fraction:
        """Return the span in use."""
        return position.risk * self.scale(history)

    def spans(self, position: Position, history: History) -> Fraction:
        """Return the gain of the best price in spans, before rounding down."""
        return position.gain(position.best(history), position.entry) / self.span(position, history)

    def trails(self, position: Position, history: History) -> list[Offer]:
        """Return the trail level, offered or virtual."""
        whole, late = math.floor(self.spans(position, history)), self.tightened(position, history)
        if whole < (1 if late else 2):
            return []
        lag = self.late_lag if late else Fraction(1)
        return [Offer(position.ahead((whole - lag) * self.span(position, history)), "trail")]

    def offers(self, position: Position, history: History) -> list[Offer]:
        """Return breakeven from one span on, and the trail if the whole position follows it."""
        reached = self.spans(position, history) >= 1
        breakevens = [Offer(position.breakeven(self.costs), "breakeven")] if reached else []
        return breakevens + (self.trails(position, history) if self.portion is None else [])

    def virtual(self, position: Position, history: History) -> list[Offer]:
        """Return the trail if only a portion follows it."""
        return [] if self.portion is None else self.trails(position, history)

    def marks(self, position: Position, history: History) -> dict[str, bool]:
        """Name the rules of the engine, and whether each applies at the end of `history`."""
        spans, known, late = self.spans(position, history), atrs(history), self.tightened(position, history)
        scaled, scale = bool(known) and self.min_scale < 1, self.scale(history)
        return {
            "whole spans": spans.denominator == 1 and spans > 0,
            "full scale": scaled and scale == 1,
            "adaptive scale": scaled and self.min_scale < scale < 1,
            "clamped scale": scaled and scale == self.min_scale,
            "scale at its bound": scaled and known[-1] / known[0] == self.min_scale,
            "last known ATR": scaled and history[-1].atr is None,
            "tightened": late,
            "tightened at one span": late and 1 <= spans < 2,
            "tightened at its hour": late and position.age(history[-1]) == self.after,
        }
