"""Risk and reward: the profit is taken at a multiple of the risk."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar, Self

from tests.oracle.life import Engine, History, Position, atrs, exact, number

FACTORS = {"trending": Fraction("1.2"), "ranging": Fraction(1), "volatile": Fraction("0.8")}


@dataclass(frozen=True)
class Bracket(Engine):
    """Its options."""

    name: ClassVar[str] = "bracket"
    strategy: str
    base: Fraction
    pairs: Mapping[str | None, Fraction]
    volatility_factor: Fraction
    factors: Mapping[str, Fraction]
    least: Fraction
    most: Fraction

    @classmethod
    def read(cls, block: Mapping[str, Any], costs: Fraction) -> Self:
        """Read the options as written; without breakeven, costs are ignored."""
        given = block.get("market_condition_factors") or {}
        return cls(
            strategy=block.get("strategy", "fixed_ratio"),
            base=number(block, "base_ratio", "1.5"),
            pairs={pair: exact(ratio) for pair, ratio in (block.get("pair_ratios") or {}).items()},
            volatility_factor=number(block, "volatility_factor", "1.0"),
            factors=FACTORS | {regime: exact(factor) for regime, factor in given.items()},
            least=number(block, "min_ratio", "1.0"),
            most=number(block, "max_ratio", "3.0"),
        )

    def base_for(self, position: Position) -> Fraction:
        """Return the base ratio of the pair."""
        return self.pairs.get(position.pair, self.base)

    def sought(self, position: Position, history: History) -> Fraction:
        """Return the ratio of the strategy before clamps; the base ratio if a fact is missing."""
        base, known = self.base_for(position), atrs(history)
        if self.strategy == "volatility" and known and position.atr_mean is not None:
            return base * (1 + self.volatility_factor * (known[0] / position.atr_mean - 1))
        if self.strategy == "market_condition" and position.regime is not None:
            return base * self.factors[position.regime]
        return base

    def ratio(self, position: Position, history: History) -> Fraction:
        """Return the ratio in use."""
        return min(max(self.sought(position, history), self.least), self.most)

    def target(self, position: Position, history: History) -> Fraction:
        """Return where the profit is taken, not rounded."""
        return position.ahead(self.ratio(position, history) * position.risk)

    def marks(self, position: Position, history: History) -> dict[str, bool]:
        """Name the rules of the engine, and whether each applies at the end of `history`."""
        sought, target = self.sought(position, history), self.target(position, history)
        volatile, by_market = self.strategy == "volatility", self.strategy == "market_condition"
        known, regime = atrs(history), position.regime
        unknown = not known or position.atr_mean is None
        return {
            "ratio clamped up": sought < self.least,
            "ratio clamped down": sought > self.most,
            "ratio at its bound": sought in (self.least, self.most),
            "ratio of the pair": position.pair in self.pairs,
            "volatility": volatile and not unknown,
            "volatility unknown": volatile and unknown,
            "volatility at the entry": volatile and not unknown and known[-1] != known[0],
            "regime unknown": by_market and regime is None,
            **{f"regime {name}": by_market and regime == name for name in FACTORS},
            "target off the grid": (target / position.tick_size).denominator > 1,
            "target reached exactly": history[-1].price == target,
        }
