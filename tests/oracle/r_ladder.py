"""A ladder on the R-multiple of the best price: each rung says how far behind the stop follows."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar, NamedTuple, Self

from tests.oracle.life import Engine, History, Offer, Position, exact

DEFAULT = ((1.0, "breakeven"), (1.5, 1.0), (2.0, 1.0), (3.0, 1.5), (4.0, 2.0))


class Rung(NamedTuple):
    """The multiple of a rung, and its distance in multiples; None for breakeven."""

    at: Fraction
    distance: Fraction | None


@dataclass(frozen=True)
class Ladder(Engine):
    """Its options; without `fees` its breakeven is the entry itself."""

    name: ClassVar[str] = "r_ladder"
    costs: Fraction
    rungs: tuple[Rung, ...]

    @classmethod
    def read(cls, block: Mapping[str, Any], costs: Fraction) -> Self:
        """Read the options as written."""
        written = DEFAULT if block.get("rungs") is None else block["rungs"]
        return cls(
            costs=costs if block.get("fees", False) else Fraction(0),
            rungs=tuple(Rung(exact(at), None if what == "breakeven" else exact(what)) for at, what in written),
        )

    def reached(self, position: Position, history: History) -> list[Rung]:
        """Return the rungs that the best price has reached."""
        multiple = position.multiple(position.best(history))
        return [rung for rung in self.rungs if multiple >= rung.at]

    def offers(self, position: Position, history: History) -> list[Offer]:
        """Return breakeven once such a rung was reached, and the trail of the highest rung with a distance."""
        reached = self.reached(position, history)
        offers = []
        if any(rung.distance is None for rung in reached):
            offers.append(Offer(position.breakeven(self.costs), "breakeven"))
        distances = [rung.distance for rung in reached if rung.distance is not None]
        if distances:
            trail = position.behind(position.best(history), distances[-1] * position.risk)
            offers.append(Offer(trail, "trail"))
        return offers

    def marks(self, position: Position, history: History) -> dict[str, bool]:
        """Name the rules of the engine, and whether each applies at the end of `history`."""
        reached, before = self.reached(position, history), self.reached(position, history[:-1])
        distances = [rung.distance for rung in reached if rung.distance is not None]
        fresh = reached[len(before) :]
        return {
            "rung at its bound": position.multiple(history[-1].price) in [rung.at for rung in fresh],
            "several rungs at once": len(fresh) > 1,
            "a wider distance": len(distances) > 1 and distances[-1] > distances[-2],
            "a narrower distance": len(distances) > 1 and distances[-1] < distances[-2],
            "breakeven above a trail": bool(distances) and reached[-1].distance is None,
            "net of costs": bool(reached) and self.costs > 0,
            "stays on its rung": len(reached) > len(self.reached(position, history[-1:])),
        }
