"""Simulates one trade: a case as plain data in, the steps out."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError

from robustop_plugin.core.decide import decide
from robustop_plugin.core.decision import Exit, Move, Reduce
from robustop_plugin.core.errors import InvalidSettings
from robustop_plugin.core.exit_reason import ExitReason
from robustop_plugin.core.facts import Position, Regime, Tick
from robustop_plugin.core.memory import Memory, Outcome, filled, fresh_memory
from robustop_plugin.core.side import LONG, SHORT
from robustop_plugin.settings import load_settings
from robustop_plugin.settings.describe import describe

Price = Annotated[float, Field(gt=0, lt=1e15)]
SIDES = {"long": LONG, "short": SHORT}
WITHOUT_A_TRADE = {"breakeven": {"mode": "percent"}}
"""The defaults that differ from those of a bot: a case has paid no fees, so its costs are percents of the entry."""


def council_sells(value: Any) -> bool:
    """Return whether the council asks to sell: `"sell"` and true do, false and null do not."""
    if value is None or isinstance(value, bool):
        return bool(value)
    if value == "sell":
        return True
    raise PydanticCustomError("literal_error", "", {"expected": "'sell' or true"})


class Strict(BaseModel):
    """Rejects unknown keys, wrong types and non-finite numbers."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class CaseTick(Strict):
    """One price observation of a case."""

    t: float
    price: Price
    atr: Price | None = None
    momentum: float | None = None
    council: Annotated[Any, AfterValidator(council_sells)] = None


class Case(Strict):
    """A position, its settings and its ticks."""

    side: Literal["long", "short"]
    entry: Price
    initial_stop: Price
    tick_size: Price
    ticks: Annotated[list[CaseTick], Field(min_length=1)]
    settings: dict[str, Any] = {}
    pair: str | None = None
    regime: Literal["trending", "ranging", "volatile"] | None = None
    atr_mean: Price | None = None
    on_exchange: bool = False
    opened_at: float = 0.0

    @property
    def position(self) -> Position:
        """The position, with the initial stop rounded to the tick size."""
        return Position(
            side=SIDES[self.side],
            entry=self.entry,
            initial_stop=self.initial_stop,
            tick_size=self.tick_size,
            opened_at=self.opened_at,
            atr_mean=self.atr_mean,
            regime=None if self.regime is None else Regime[self.regime.upper()],
        )


def simulate(data: Any) -> dict[str, Any]:
    """Return the steps of a case, up to and including the exit.

    Args:
        data: The case as parsed JSON.

    Raises:
        RobustopError: One line that names the parameter, the value and the bound.
    """
    case = read_case(data)
    settings = load_settings(WITHOUT_A_TRADE, case.settings, name="settings").for_pair(case.pair)
    if settings.breakeven.mode == "exact":
        raise InvalidSettings("settings.breakeven.mode was 'exact': it needs a real trade; use 'percent' here")
    position = case.position
    memory, step_settings, steps = fresh_memory(position), settings.step_settings(case.pair), []
    _check_times(case)
    for case_tick in case.ticks:
        tick = Tick(
            time=case_tick.t,
            price=case_tick.price,
            atr=case_tick.atr,
            momentum=case_tick.momentum,
            requested_exit=ExitReason.COUNCIL_SELL if case_tick.council else None,
            on_exchange=case.on_exchange,
        )
        outcome = decide(position, tick, memory, step_settings)
        memory = with_sale_filled(outcome)
        steps.append(_step(tick, outcome, memory))
        if isinstance(outcome.decision, Exit):
            break
    return {"steps": steps}


def with_sale_filled(outcome: Outcome) -> Memory:
    """Return the memory after a step; a sale counts as filled at once."""
    decision = outcome.decision
    sale = decision.sale if isinstance(decision, Reduce | Exit) else None
    return outcome.memory if sale is None else filled(outcome.memory, sale.progress)


def read_case(data: Any) -> Case:
    """Return the case in parsed JSON.

    Raises:
        InvalidSettings: The case is invalid.
    """
    if not isinstance(data, Mapping):
        raise InvalidSettings(f"case was {type(data).__name__}: it must be an object with keys and values")
    try:
        return Case.model_validate(data)
    except ValidationError as error:
        raise InvalidSettings(describe(error, "", Case)) from error


def _check_times(case: Case) -> None:
    """Reject ticks that go back in time."""
    earliest, name = case.opened_at, "opened_at"
    for index, tick in enumerate(case.ticks):
        if tick.t < earliest:
            raise InvalidSettings(f"ticks[{index}].t was {tick.t}: it must be >= {earliest}, the {name}")
        earliest, name = tick.t, "time of the tick before"


def _step(tick: Tick, outcome: Outcome, memory: Memory) -> dict[str, Any]:
    """Return one step as printed by `robustop simulate`."""
    decision = outcome.decision
    level = decision.level if isinstance(decision, Move | Reduce | Exit) else None
    sale = decision.sale if isinstance(decision, Reduce | Exit) else None
    return {
        "t": tick.time,
        "price": tick.price,
        "stop": memory.stop,
        "level": None if outcome.level is None else outcome.level.price,
        "engine": None if level is None else level.engine,
        "rule": None if level is None else str(level.rule),
        "phase": memory.phase.name,
        "action": type(decision).__name__.lower(),
        "fraction": None if sale is None else sale.fraction,
        "reason": str(decision.reason) if isinstance(decision, Exit) else None,
    }
