"""The robustop block: type and bound of every key. The engines' keys are in `settings/engines.py`."""

import math
from fractions import Fraction
from functools import cached_property, partial
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from robustop_plugin.core.gate import Gate
from robustop_plugin.core.initial_stop import StopBounds
from robustop_plugin.core.step_settings import StepSettings
from robustop_plugin.protections import PartialRung, Schedule, sale_due
from robustop_plugin.settings.base import Block, Breakeven, NotNegative, Partials, Positive, Share, ascending, wrong
from robustop_plugin.settings.engines import Bracket, HandSpan, SmartTrail
from robustop_plugin.settings.events import DEFAULT, chosen, known_events
from robustop_plugin.settings.metrics import Metrics
from robustop_plugin.settings.shadow import OneEngine, Shadow, WithEngines

Percentage = Annotated[float, Field(gt=0, le=100)]


class InitialStop(Block):
    """Where the initial stop is placed."""

    kind: Literal["atr", "swing", "percent", "column"] = "atr"
    multiplier: Positive = 2.0
    period: int = Field(default=14, ge=2)
    lookback: int = Field(default=10, ge=1)
    buffer_percent: float = Field(default=0.1, ge=0, le=10)
    percent: Share = 2.0
    column: str | None = Field(default=None, min_length=1)
    min_percent: Share = 0.2
    max_percent: Share = 15.0
    fallback_percent: Share = 2.0

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not self.min_percent <= self.fallback_percent <= self.max_percent:
            raise PydanticCustomError(
                "order",
                "fallback_percent was {fallback}: it must be from min_percent {low} to max_percent {high}",
                {"fallback": self.fallback_percent, "low": self.min_percent, "high": self.max_percent},
            )
        if self.kind == "column" and self.column is None:
            raise PydanticCustomError(
                "column", "column was None: kind 'column' needs the name of a column of the strategy"
            )
        return self

    @property
    def bounds(self) -> StopBounds:
        """Nearest, farthest and fallback distance, in percent of the entry."""
        return StopBounds(self.min_percent, self.max_percent, self.fallback_percent)


class GateSettings(Block):
    """When a move of the stop is sent to the exchange."""

    min_interval_s: NotNegative = 60.0
    min_improvement_percent: NotNegative = 0.1
    emergency_percent: NotNegative = 1.0


class MarketSettings(Block):
    """How the market regime is determined, on closed candles.

    Volatile if the ATR is among the largest of the last `percentile_candles`, else trending if the ADX is high, else
    ranging.
    """

    adx_period: int = Field(default=14, ge=2)
    trending_adx: NotNegative = 25.0
    percentile_candles: int = Field(default=100, ge=2)
    volatile_percentile: float = Field(default=90.0, ge=0, le=100)
    atr_mean_candles: int = Field(default=100, ge=1)


class Council(Block):
    """Columns of the strategy, or of a producer that Freqtrade listens to, that can request an exit."""

    sentiment_column: str | None = Field(default=None, min_length=1)
    greed_above: float = 80.0
    bearish_column: str | None = Field(default=None, min_length=1)
    producer: str | None = Field(default=None, min_length=1)

    @model_validator(mode="after")
    def _check(self) -> Self:
        # Compared by value, so that a block written out with all its defaults is still off.
        if self.model_dump() != {name: field.default for name, field in type(self).model_fields.items()}:
            for name in ("sentiment_column", "bearish_column"):
                if getattr(self, name) is None:
                    raise PydanticCustomError(
                        "inside", "{name} was None: name the column; a sell signal takes both columns", {"name": name}
                    )
        return self


class Risk(Block):
    """Sizes and limits of entries, in percent of the equity."""

    percent_per_trade: Percentage | None = None
    max_portfolio_percent: Percentage | None = None


class Breaker(Block):
    """After how many errors in a row a question about a trade pauses, and for how long."""

    failures: int = Field(default=5, ge=1)
    cooldown_s: float = Field(default=300.0, ge=1)


class RobustopBlock(WithEngines):
    """All settings of one pair."""

    engines: list[OneEngine] = Field(default=[HandSpan(name="hand_span")], min_length=1)
    initial_stop: InitialStop = InitialStop()
    breakeven: Breakeven = Breakeven()
    partials: Partials = Field(default=[])
    gate: GateSettings = GateSettings()
    market: MarketSettings = MarketSettings()
    council: Council | None = None
    time_stop_hours: Positive | None = None
    max_drawdown_percent: Share | None = None
    risk: Risk | None = None
    anchor: Literal["price", "candle"] = "price"
    mode: Literal["live", "shadow"] = "live"
    canary: float = Field(default=1.0, ge=0, le=1)
    shadow: Shadow | None = None
    breaker: Breaker | None = Breaker()
    notify: Annotated[list[Any], BeforeValidator(chosen)] = DEFAULT
    metrics: Metrics | None = None
    plots: bool = False
    hyperopt: bool = False

    @model_validator(mode="after")
    def _partials(self) -> Self:
        known_events(self.notify)
        ascending("partials", self.partials, "rest", 1.0)
        shares = [share for _, share in self.partials]
        if "rest" in shares[:-1]:
            raise wrong("partials", self.partials, "with 'rest' at the last rung only")
        if sum(Fraction(str(share)) for share in shares if share != "rest") > 1:
            raise wrong("partials", self.partials, "fractions whose sum is at most 1")
        return self

    def step_settings(self, pair: str | None = None) -> StepSettings:
        """Return the settings of one pair as a step uses them."""
        return StepSettings(
            engines=tuple(engine.build(self.breakeven, pair) for engine in self.engines),
            gate=Gate(**self.gate.model_dump()),
            time_stop_hours=math.inf if self.time_stop_hours is None else self.time_stop_hours,
            sale=partial(sale_due, schedule=self.schedule, portion=self.portion) if self.sells_parts else None,
        )

    @cached_property
    def canary_share(self) -> float:
        """The share of the trades that robustop acts on; the others are shadowed."""
        return self.canary if self.mode == "live" else 0.0

    @model_validator(mode="after")
    def _one_momentum(self) -> Self:
        trails = [engine for engine in self.all_engines if isinstance(engine, SmartTrail)]
        spans = {trail.momentum_candles for trail in trails if trail.momentum_percent is not None}
        if len(spans) > 1:
            raise wrong("shadow.engines", sorted(spans), "smart_trails with the same momentum_candles in both lists")
        return self

    def of_shadow(self) -> Self | None:
        """Return this block with the engines of `shadow`; None without them."""
        if self.shadow is None:
            return None
        engines = [engine.model_dump() for engine in self.shadow.engines]
        return self.model_validate({**self.model_dump(exclude={"shadow"}), "engines": engines})

    @cached_property
    def schedule(self) -> Schedule:
        """The partial exits as numbers."""
        return tuple(
            PartialRung(float(multiple), math.inf if share == "rest" else float(share))
            for multiple, share in self.partials
        )

    @cached_property
    def portion(self) -> float:
        """The fraction of the position that an engine trails separately; 0 if off."""
        hands = (engine for engine in self.engines if isinstance(engine, HandSpan))
        return next((engine.portion for engine in hands if engine.portion), 0.0)

    @cached_property
    def all_engines(self) -> list[OneEngine]:
        """The engines, and those of `shadow`: what columns of the candles are needed for."""
        return [*self.engines, *(self.shadow.engines if self.shadow else ())]

    @property
    def sells_parts(self) -> bool:
        """True if a position may be sold in parts."""
        return bool(self.partials) or self.portion > 0

    @property
    def risk_percent(self) -> float | None:
        """What an entry may lose at its initial stop, in percent of the equity; None if robustop sizes no entries."""
        return self.risk.percent_per_trade if self.risk else None

    @property
    def portfolio_percent(self) -> float | None:
        """What all open trades may lose at their stops, in percent of the equity; None without a limit."""
        return self.risk.max_portfolio_percent if self.risk else None

    @property
    def brackets(self) -> list[Bracket]:
        """The bracket engine, if configured: a list of at most one."""
        return [engine for engine in self.engines if isinstance(engine, Bracket)]

    @property
    def needs_atr_mean(self) -> bool:
        """True if a ratio depends on the mean ATR at the entry."""
        return any(isinstance(engine, Bracket) and engine.strategy == "volatility" for engine in self.all_engines)

    @property
    def needs_regime(self) -> bool:
        """True if a ratio depends on the market regime at the entry."""
        return any(isinstance(engine, Bracket) and engine.strategy == "market_condition" for engine in self.all_engines)

    @property
    def momentum_candles(self) -> int | None:
        """Number of closed candles that the momentum spans; None if no engine uses it."""
        trails = (engine for engine in self.all_engines if isinstance(engine, SmartTrail))
        return next((trail.momentum_candles for trail in trails if trail.momentum_percent is not None), None)

    @property
    def active_council(self) -> Council | None:
        """The council that can request exits; None if it is off."""
        return self.council if self.council is not None and self.council.sentiment_column is not None else None

    @property
    def follows_atr(self) -> bool:
        """True if an engine uses the ATR after the entry."""
        return any(engine.follows_atr for engine in self.engines)
