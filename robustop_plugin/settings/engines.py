"""Settings of the engines: the type and bound of each key. To add an engine, see `engines/__init__.py`."""

import math
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from robustop_plugin.core.engine import Engine
from robustop_plugin.engines.atr_guard import AtrGuardOptions
from robustop_plugin.engines.bracket import FIXED_RATIO, MARKET_CONDITION, VOLATILITY, BracketOptions
from robustop_plugin.engines.hand_span import LAG, HandSpanOptions
from robustop_plugin.engines.r_ladder import RLadderOptions, Rung
from robustop_plugin.engines.registry import engine_of
from robustop_plugin.engines.smart_trail import SmartTrailOptions
from robustop_plugin.settings.base import Block, Breakeven, NotNegative, Percent, Positive, ascending

DEFAULT_RUNGS: list[list[Any]] = [[1.0, "breakeven"], [1.5, 1.0], [2.0, 1.0], [3.0, 1.5], [4.0, 2.0]]


def off_is_infinite(value: float | None) -> float:
    """Return infinity for an unset threshold."""
    return math.inf if value is None else value


class EngineBlock(Block):
    """Settings of one engine. A subclass has its `name`, its keys, and `build`."""

    @property
    def follows_atr(self) -> bool:
        """True if the engine uses the ATR after the entry."""
        return False


class WithCosts(EngineBlock):
    """An engine that offers breakeven: its own costs, in percent of the entry, or those of the block `breakeven`."""

    fee_percent: Percent | None = None
    slippage_percent: Percent | None = None

    def costs(self, breakeven: Breakeven) -> dict[str, float]:
        """Return both costs."""
        own_fee, own_slippage = self.fee_percent, self.slippage_percent
        return {
            "fee_percent": breakeven.fee_percent if own_fee is None else own_fee,
            "slippage_percent": breakeven.slippage_percent if own_slippage is None else own_slippage,
        }


class Adaptive(Block):
    """The span shrinks with the ATR, down to `min_scale` of itself."""

    min_scale: float = Field(default=0.5, gt=0, le=1)


class Tighten(Block):
    """After `after_hours` the trail follows at `lag` spans."""

    after_hours: NotNegative
    lag: float = Field(ge=0, le=1)


class HandSpan(WithCosts):
    """The stepped trailing stop."""

    name: Literal["hand_span"]
    adaptive: Adaptive | None = None
    tighten: Tighten | None = None
    portion: float | None = Field(default=None, gt=0, lt=1)

    @property
    def follows_atr(self) -> bool:
        """True if the span shrinks with the ATR."""
        return self.adaptive is not None

    def build(self, breakeven: Breakeven, pair: str | None) -> Engine:  # noqa: ARG002 (one signature for all)
        """Return the engine."""
        options = HandSpanOptions(
            **self.costs(breakeven),
            min_scale=1.0 if self.adaptive is None else self.adaptive.min_scale,
            tighten_after_hours=math.inf if self.tighten is None else self.tighten.after_hours,
            tighten_lag=LAG if self.tighten is None else self.tighten.lag,
        )
        return engine_of(
            self.name,
            options,
            steady=self.adaptive is None and self.tighten is None,
            virtual_trail=self.portion is not None,
            real_costs=breakeven.mode == "exact",
        )


class SmartTrail(WithCosts):
    """The percent trail with activation."""

    name: Literal["smart_trail"]
    activation_percent: NotNegative = 1.0
    activate_after_minutes: NotNegative | None = None
    min_profit_percent: NotNegative = 0.0
    distance_percent: Positive = 0.5
    breakeven_percent: NotNegative | None = None
    momentum_percent: NotNegative | None = None
    momentum_candles: int = Field(default=3, ge=1)
    momentum_factor: Positive = 1.0

    def build(self, breakeven: Breakeven, pair: str | None) -> Engine:  # noqa: ARG002 (one signature for all)
        """Return the engine."""
        options = SmartTrailOptions(
            activation_percent=self.activation_percent,
            activate_after_minutes=off_is_infinite(self.activate_after_minutes),
            min_profit_percent=self.min_profit_percent,
            distance_percent=self.distance_percent,
            breakeven_percent=off_is_infinite(self.breakeven_percent),
            momentum_percent=off_is_infinite(self.momentum_percent),
            momentum_factor=self.momentum_factor,
            **self.costs(breakeven),
        )
        timed = self.activate_after_minutes is not None or self.momentum_percent is not None
        real_costs = self.breakeven_percent is not None and breakeven.mode == "exact"
        return engine_of(self.name, options, steady=not timed, real_costs=real_costs)


class AtrGuard(WithCosts):
    """Breakeven, then a trail, in multiples of the ATR."""

    name: Literal["atr_guard"]
    breakeven_atr: Positive = 2.0
    trail_atr: Positive = 2.0
    fees: bool = False

    @property
    def follows_atr(self) -> bool:
        """Always True: all its distances are ATRs."""
        return True

    def build(self, breakeven: Breakeven, pair: str | None) -> Engine:  # noqa: ARG002 (one signature for all)
        """Return the engine."""
        options = AtrGuardOptions(self.breakeven_atr, self.trail_atr, self.fees, **self.costs(breakeven))
        return engine_of(self.name, options, steady=True, real_costs=self.fees and breakeven.mode == "exact")


class RLadder(WithCosts):
    """The R-multiple ladder."""

    name: Literal["r_ladder"]
    rungs: Annotated[list[list[Any]], Field(min_length=1)] = DEFAULT_RUNGS
    fees: bool = False

    @model_validator(mode="after")
    def _check(self) -> Self:
        ascending("rungs", self.rungs, "breakeven", math.inf)
        return self

    def build(self, breakeven: Breakeven, pair: str | None) -> Engine:  # noqa: ARG002 (one signature for all)
        """Return the engine."""
        rungs = tuple(
            Rung(float(multiple), math.nan if brings == "breakeven" else float(brings))
            for multiple, brings in self.rungs
        )
        options = RLadderOptions(rungs, self.fees, **self.costs(breakeven))
        return engine_of(self.name, options, steady=True, real_costs=self.fees and breakeven.mode == "exact")


class Factors(Block):
    """Factors of the ratio by market regime."""

    trending: Positive = 1.2
    ranging: Positive = 1.0
    volatile: Positive = 0.8


STRATEGIES = {"fixed_ratio": FIXED_RATIO, "volatility": VOLATILITY, "market_condition": MARKET_CONDITION}


class Bracket(EngineBlock):
    """The risk/reward bracket."""

    name: Literal["bracket"]
    strategy: Literal["fixed_ratio", "volatility", "market_condition"] = "fixed_ratio"
    base_ratio: Positive = 1.5
    volatility_factor: Positive = 1.0
    market_condition_factors: Factors = Factors()
    pair_ratios: dict[str, Positive] = Field(default={})
    min_ratio: Positive = 1.0
    max_ratio: Positive = 3.0
    max_active_brackets: int = Field(default=50, ge=1)
    timeout_seconds: Positive = 3600.0

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.min_ratio > self.max_ratio:
            raise PydanticCustomError(
                "order",
                "min_ratio was {low}: it must be <= max_ratio {high}",
                {"low": self.min_ratio, "high": self.max_ratio},
            )
        return self

    def build(self, breakeven: Breakeven, pair: str | None) -> Engine:  # noqa: ARG002 (one signature for all)
        """Return the engine, with the ratio of the pair."""
        options = BracketOptions(
            strategy=STRATEGIES[self.strategy],
            base_ratio=self.pair_ratios.get(pair or "", self.base_ratio),
            volatility_factor=self.volatility_factor,
            **self.market_condition_factors.model_dump(),
            min_ratio=self.min_ratio,
            max_ratio=self.max_ratio,
        )
        return engine_of(self.name, options, steady=True)


AnyEngine = HandSpan | SmartTrail | AtrGuard | RLadder | Bracket
"""Pydantic picks the class by `name`."""
