"""Base class, bounds and checks that the blocks of settings share."""

import math
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

Percent = Annotated[float, Field(ge=0, lt=10)]
Positive = Annotated[float, Field(gt=0)]
Share = Annotated[float, Field(gt=0, lt=100)]
NotNegative = Annotated[float, Field(ge=0)]


USUAL_PARTIALS: list[list[Any]] = [[2.0, 0.5], [3.0, 0.25], [4.0, "rest"]]
"""What `"partials": true` stands for."""


def schedule_of(partials: Any) -> Any:
    """Return the schedule that `true` or `false` stands for, and any other value as it is."""
    if isinstance(partials, bool):
        return USUAL_PARTIALS if partials else []
    return partials


Partials = Annotated[list[list[Any]], BeforeValidator(schedule_of)]


class Block(BaseModel):
    """A strict block: unknown keys, wrong types and non-finite numbers are errors."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class Breakeven(Block):
    """Costs that breakeven covers: those the trade really has, or, with mode `percent`, shares of the entry."""

    mode: Literal["percent", "exact"] = "exact"
    fee_percent: Percent = 0.1
    slippage_percent: Percent = 0.05


def is_number(value: Any) -> bool:
    """Return True if a value is a finite number."""
    return type(value) in (int, float) and math.isfinite(value)


def ascending(name: str, rungs: list[list[Any]], word: str, most: float) -> None:
    """Reject rungs that are not pairs of a profit and a word or a number, or that do not ascend.

    Args:
        name: the name of the setting.
        rungs: the rungs, each `[multiple of R, word or number]`.
        word: the word allowed instead of the number.
        most: the largest number allowed.
    """
    before = 0.0
    for index, rung in enumerate(rungs):
        where = f"{name}[{index}]"
        if len(rung) != 2:  # noqa: PLR2004 (a pair)
            raise wrong(where, rung, f"a pair: a multiple of R, and {word!r} or a number")
        multiple, brings = rung
        if not is_number(multiple) or multiple <= before:
            raise wrong(f"{where}[0]", multiple, f"a number > {before:g}, in ascending order")
        number = is_number(brings) and 0 < brings <= most
        if not number and not (isinstance(brings, str) and brings == word):
            bound = "> 0" if math.isinf(most) else f"in (0, {most:g}]"
            raise wrong(f"{where}[1]", brings, f"{word!r} or a number {bound}")
        before = multiple


def wrong(name: str, value: Any, bound: str) -> PydanticCustomError:
    """Return the error for a value whose bound depends on more than one value."""
    return PydanticCustomError(
        "inside", "{name} was {value}: it must be {bound}", {"name": name, "value": repr(value), "bound": bound}
    )
