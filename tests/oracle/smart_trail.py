"""Percent trailing: once active, the stop follows its own best price."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar, Self

from tests.oracle.life import MINUTE, Engine, History, Offer, Position, Seen, number


@dataclass(frozen=True)
class SmartTrail(Engine):
    """Its options; None switches a rule off."""

    name: ClassVar[str] = "smart_trail"
    costs: Fraction
    activation: Fraction
    after: Fraction | None
    min_profit: Fraction
    distance: Fraction
    breakeven_at: Fraction | None
    momentum: Fraction | None
    factor: Fraction

    @classmethod
    def read(cls, block: Mapping[str, Any], costs: Fraction) -> Self:
        """Read the options as written."""
        after = number(block, "activate_after_minutes")
        return cls(
            costs=costs,
            activation=number(block, "activation_percent", "1.0"),
            after=None if after is None else after * MINUTE,
            min_profit=number(block, "min_profit_percent", "0"),
            distance=number(block, "distance_percent", "0.5"),
            breakeven_at=number(block, "breakeven_percent"),
            momentum=number(block, "momentum_percent"),
            factor=number(block, "momentum_factor", "1"),
        )

    def by_profit(self, position: Position, seen: Seen) -> bool:
        """Return True if a tick activates by its profit."""
        return position.percent(seen.price) >= self.activation

    def by_time(self, position: Position, seen: Seen) -> bool:
        """Return True if a tick activates by the age of the position."""
        old = self.after is not None and position.age(seen) >= self.after
        return old and position.percent(seen.price) >= self.min_profit

    def since(self, position: Position, history: History) -> list[Seen]:
        """Return the ticks from the activating one on."""
        active = (
            index
            for index, seen in enumerate(history)
            if self.by_profit(position, seen) or self.by_time(position, seen)
        )
        return list(history[next(active, len(history)) :])

    def own_best(self, position: Position, history: History) -> Fraction | None:
        """Return the most favorable price since the activation."""
        prices = [seen.price for seen in self.since(position, history)]
        return max(prices, key=lambda price: position.side * price, default=None)

    def is_moving(self, position: Position, seen: Seen) -> bool:
        """Return True if the momentum of a tick is enough for the factor."""
        carried = self.momentum is not None and seen.momentum is not None
        return carried and position.side * seen.momentum >= self.momentum

    def offers(self, position: Position, history: History) -> list[Offer]:
        """Return breakeven once its profit was reached, and the trail once active."""
        offers = []
        bound = self.breakeven_at
        if bound is not None and any(position.percent(seen.price) >= bound for seen in history):
            offers.append(Offer(position.breakeven(self.costs), "breakeven"))
        own_best = self.own_best(position, history)
        if own_best is not None:
            distance = self.distance * (self.factor if self.is_moving(position, history[-1]) else 1)
            offers.append(Offer(own_best * (1 - position.side * distance / 100), "trail"))
        return offers

    def marks(self, position: Position, history: History) -> dict[str, bool]:
        """Name the rules of the engine, and whether each applies at the end of `history`."""
        now, active = history[-1], self.since(position, history)
        profit, rules = position.percent(now.price), [offer.rule for offer in self.offers(position, history)]
        old = self.after is not None and position.age(now) >= self.after
        by_profit, by_time = self.by_profit(position, now), self.by_time(position, now)
        first, timed = len(active) == 1, len(active) == 1 and not by_profit
        watched = bool(active) and self.momentum is not None
        carried, moving = watched and now.momentum is not None, self.is_moving(position, now)
        return {
            "activated by profit": first and by_profit,
            "activated at its profit": first and profit == self.activation,
            "activated by time": timed,
            "activated at its minute": timed and position.age(now) == self.after,
            "activated at its least profit": timed and profit == self.min_profit,
            "old without profit": old and not active,
            "stays active": bool(active) and not (by_profit or by_time),
            "a best of its own": bool(active) and self.own_best(position, history) != position.best(history),
            "breakeven while inactive": rules == ["breakeven"],
            "breakeven stays": "breakeven" in rules and profit < self.breakeven_at,
            "breakeven at its profit": profit == self.breakeven_at,
            "momentum": watched and moving,
            "momentum at its bound": carried and position.side * now.momentum == self.momentum,
            "momentum too small": carried and not moving,
            "momentum not given": watched and not carried,
        }
