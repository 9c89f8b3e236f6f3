"""Asks a strategy's own callback as Freqtrade would: by keyword, with the arguments that its signature names.

A callback written for an older Freqtrade has fewer arguments, in another order. It fails when it is asked by position,
and Freqtrade takes its own default for a callback that fails: an entry that the strategy refuses would be made.
"""

import inspect
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

Adjustment = float | tuple[float | None, str | None] | None
"""What `adjust_trade_position` may return: a stake, negative to sell, alone or with a tag."""
TAKES_ALL = inspect.Parameter.VAR_KEYWORD


def forward(callback: Callable[..., Any], arguments: Mapping[str, Any]) -> Any:
    """Return the answer of a bound callback to those arguments that it names; to all if it takes any."""
    function = getattr(callback, "__func__", callback)
    names = _named(function)
    if names is None:
        return callback(**arguments)
    return callback(**{name: value for name, value in arguments.items() if name in names})


def arguments(scope: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of a method by name.

    Args:
        scope: The method's `locals()`, before it has any variables of its own.
    """
    named = {name: value for name, value in scope.items() if name not in ("self", "kwargs", "__class__")}
    return {**named, **scope.get("kwargs", {})}


@lru_cache(maxsize=256)
def _named(function: Callable[..., Any]) -> frozenset[str] | None:
    """Return the names of a function's parameters; None if it takes any keyword."""
    parameters = inspect.signature(function).parameters
    if any(parameter.kind is TAKES_ALL for parameter in parameters.values()):
        return None
    return frozenset(parameters)
