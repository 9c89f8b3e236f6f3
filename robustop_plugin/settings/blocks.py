"""The models of the block, with the type and the bound of every key."""

import math
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from robustop_plugin.core.facts import Engine
from robustop_plugin.core.gate import Gate
from robustop_plugin.core.initial_stop import StopBounds
from robustop_plugin.engines.hand_span import LAG, HandSpanOptions
from robustop_plugin.engines.registry import ENGINES, NOT_YET, engine_of

DEFAULT_PARTIALS = [[2.0, 0.5], [3.0, 0.25], [4.0, "rest"]]


def off(*values: Any) -> AfterValidator:
    """Accept only the values that leave a designed feature off: it is not there yet."""

    def check(value: Any) -> Any:
        if any(type(value) is type(other) and value == other for other in values):
            return value
        allowed = " or ".join(repr(other) for other in values)
        raise PydanticCustomError(
            "not_yet", "not available yet in this release: leave it off ({allowed})", {"allowed": allowed}
        )

    return AfterValidator(check)


Percent = Annotated[float, Field(ge=0, lt=10)]
Positive = Annotated[float, Field(gt=0)]
Share = Annotated[float, Field(gt=0, lt=100)]
NotNegative = Annotated[float, Field(ge=0)]


class Block(BaseModel):
    """What all parts of the block have in common."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class Adaptive(Block):
    """The span shrinks with the ATR, down to `min_scale` of itself."""

    min_scale: float = Field(default=0.5, gt=0, le=1)


class Tighten(Block):
    """After `after_hours` the trail follows at `lag` spans."""

    after_hours: NotNegative
    lag: float = Field(ge=0, le=1)


class Breakeven(Block):
    """Costs that breakeven covers, in percent of the entry."""

    mode: Literal["percent", "exact"] = "percent"
    fee_percent: Percent = 0.1
    slippage_percent: Percent = 0.05


class HandSpan(Block):
    """The stepped trailing stop."""

    name: Literal["hand_span"]
    fee_percent: Percent | None = None
    slippage_percent: Percent | None = None
    adaptive: Adaptive | None = None
    tighten: Tighten | None = None
    portion: Annotated[Any, off(None)] = None

    def is_steady(self, breakeven: Breakeven) -> bool:
        """Return whether its opinion changes with the best price alone."""
        return self.adaptive is None and self.tighten is None and breakeven.mode == "percent"

    def options(self, breakeven: Breakeven) -> HandSpanOptions:
        """Return the options as numbers; the costs of `breakeven` where this engine has none of its own."""
        own_fee, own_slippage = self.fee_percent, self.slippage_percent
        return HandSpanOptions(
            fee_percent=breakeven.fee_percent if own_fee is None else own_fee,
            slippage_percent=breakeven.slippage_percent if own_slippage is None else own_slippage,
            min_scale=1.0 if self.adaptive is None else self.adaptive.min_scale,
            tighten_after_hours=math.inf if self.tighten is None else self.tighten.after_hours,
            tighten_lag=LAG if self.tighten is None else self.tighten.lag,
        )


class InitialStop(Block):
    """Where the first stop stands."""

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
        """Nearest, farthest and fallback distance."""
        return StopBounds(self.min_percent, self.max_percent, self.fallback_percent)


class GateSettings(Block):
    """When a move is worth a message to the exchange."""

    min_interval_s: NotNegative = 60.0
    min_improvement_percent: NotNegative = 0.1
    emergency_percent: NotNegative = 1.0


def known_engines(engines: list[Any]) -> list[Any]:
    """Refuse engines that are unknown, not there yet, or named twice."""
    names = [engine.get("name") if isinstance(engine, dict) else None for engine in engines]
    for index, name in enumerate(names):
        if isinstance(name, str) and name in NOT_YET:
            raise PydanticCustomError(
                "engine",
                "engine {name} is not available yet in this release: use {known}",
                {"name": repr(name), "known": ", ".join(ENGINES)},
            )
        if not isinstance(name, str) or name not in ENGINES:
            raise PydanticCustomError(
                "engine",
                "engine {index} was {engine}: it must be a dictionary whose name is one of {known}",
                {"index": index, "engine": repr(engines[index]), "known": ", ".join(ENGINES)},
            )
        if name in names[:index]:
            raise PydanticCustomError("engine", "engine {name} was named twice", {"name": repr(name)})
    return engines


class RobustopBlock(Block):
    """All the settings that hold for one pair."""

    engines: Annotated[list[HandSpan], Field(min_length=1)] = [HandSpan(name="hand_span")]
    initial_stop: InitialStop = InitialStop()
    breakeven: Breakeven = Breakeven()
    partials: Annotated[Any, off([])] = Field(default=DEFAULT_PARTIALS, validate_default=True)
    gate: GateSettings = GateSettings()
    council: Annotated[Any, off(None, {})] = None
    time_stop_hours: Annotated[Any, off(None)] = None
    max_drawdown_percent: Annotated[Any, off(None)] = None
    risk: Annotated[Any, off(None, {})] = None
    anchor: Literal["price", "candle"] = "price"
    mode: Annotated[Any, off("live")] = "live"
    canary: Annotated[Any, off(1.0, 1)] = 1.0
    breaker: Annotated[Any, off(None, {})] = None
    metrics: Annotated[Any, off(None, {}, {"enabled": False})] = None
    hyperopt: Annotated[Any, off(False)] = False

    @model_validator(mode="before")
    @classmethod
    def _engines(cls, data: Any) -> Any:
        if isinstance(data, dict) and isinstance(data.get("engines"), list):
            known_engines(data["engines"])
        return data

    def build_engines(self) -> tuple[Engine, ...]:
        """Return the engines in the order of the settings."""
        return tuple(
            engine_of(one.name, one.options(self.breakeven), steady=one.is_steady(self.breakeven))
            for one in self.engines
        )

    @property
    def follows_atr(self) -> bool:
        """Whether an engine looks at the ATR after the entry."""
        return any(engine.adaptive is not None for engine in self.engines)

    @property
    def gate_rules(self) -> Gate:
        """The gate as numbers."""
        return Gate(**self.gate.model_dump())
