"""Trailing by the ATR: breakeven when armed, a trail on later ticks."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar, Self

from tests.oracle.life import Engine, History, Offer, Position, Seen, atrs, number


@dataclass(frozen=True)
class AtrGuard(Engine):
    """Its options; without `fees` its breakeven is the entry itself."""

    name: ClassVar[str] = "atr_guard"
    costs: Fraction
    breakeven_atr: Fraction
    trail_atr: Fraction

    @classmethod
    def read(cls, block: Mapping[str, Any], costs: Fraction) -> Self:
        """Read the options as written."""
        return cls(
            costs=costs if block.get("fees", False) else Fraction(0),
            breakeven_atr=number(block, "breakeven_atr", "2"),
            trail_atr=number(block, "trail_atr", "2"),
        )

    def arming(self, history: History) -> Fraction | None:
        """Return the gain needed to arm at the end of `history`."""
        known = atrs(history)
        return self.breakeven_atr * known[-1] if known else None

    def arms(self, position: Position, history: History) -> bool:
        """Return True if the last tick of `history` arms the engine, or would."""
        needed = self.arming(history)
        return needed is not None and position.gain(history[-1].price, position.entry) >= needed

    def armed_by(self, position: Position, history: History) -> Seen | None:
        """Return the tick that armed."""
        lengths = range(1, len(history) + 1)
        return next((history[length - 1] for length in lengths if self.arms(position, history[:length])), None)

    def trail(self, position: Position, history: History) -> Fraction:
        """Return the trail at the end of an armed history, offered or not."""
        return position.behind(position.best(history), self.trail_atr * atrs(history)[-1])

    def offers(self, position: Position, history: History) -> list[Offer]:
        """Return breakeven once armed, and on later ticks the trail if it is tighter than the entry."""
        armed_by = self.armed_by(position, history)
        if armed_by is None:
            return []
        offers = [Offer(position.breakeven(self.costs), "breakeven")]
        trail = self.trail(position, history)
        if history[-1].t > armed_by.t and position.gain(trail, position.entry) > 0:
            offers.append(Offer(trail, "trail"))
        return offers

    def marks(self, position: Position, history: History) -> dict[str, bool]:
        """Name the rules of the engine, and whether each applies at the end of `history`."""
        now, armed_by, known = history[-1], self.armed_by(position, history), bool(atrs(history))
        armed, later = armed_by is not None, armed_by is not None and armed_by.t < now.t
        gain = position.gain(self.trail(position, history), position.entry) if armed else None
        return {
            "no ATR yet": not known,
            "last known ATR": known and now.atr is None,
            "armed": armed_by is now,
            "armed at its bound": armed_by is now and position.gain(now.price, position.entry) == self.arming(history),
            "armed by the last known ATR": armed_by is now and now.atr is None,
            "armed at the same time": armed and armed_by is not now and not later,
            "trail at the entry": later and gain == 0,
            "trail behind the entry": later and gain < 0,
            "trail": later and gain > 0,
            "stays armed": armed and not self.arms(position, history),
            "net of costs": armed and self.costs > 0,
        }
