"""The key `partials`: a schedule of rungs, or `true` for the usual one."""

from typing import Annotated, Any

from pydantic import BeforeValidator

USUAL_PARTIALS: list[list[Any]] = [[2.0, 0.5], [3.0, 0.25], [4.0, "rest"]]
"""What `"partials": true` stands for."""


def schedule_of(partials: Any) -> Any:
    """Return the schedule that `true` or `false` stands for, and any other value as it is."""
    if isinstance(partials, bool):
        return USUAL_PARTIALS if partials else []
    return partials


Partials = Annotated[list[list[Any]], BeforeValidator(schedule_of)]
