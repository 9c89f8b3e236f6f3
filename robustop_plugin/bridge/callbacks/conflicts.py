"""Finds overrides that would keep the stops from acting, before the first trade."""

import inspect
from collections.abc import Iterator, Sequence
from types import CodeType
from typing import Any

HOST_METHODS = (
    "ft_bot_start",
    "advise_indicators",
    "analyze",
    "should_exit",
    "ft_stoploss_adjust",
    "_adjust_trade_position_internal",
)
"""Methods of Freqtrade itself that must reach the mixin, whatever class overrides them."""

MIXIN = "RobustopMixin"


def overrides_without_super(strategy: type[Any], names: Sequence[str]) -> Iterator[str]:
    """Yield one sentence for each override of these callbacks that never calls the mixin's, with the remedy."""
    mro = strategy.__mro__
    for base in mro[: index_of_mixin(mro)]:
        for name in names:
            if name in vars(base) and not calls_super(vars(base)[name]):
                yield (
                    f"{base.__name__}.{name} never calls super().{name}(...): robustop would not be called; "
                    "call it and return what it returns unless you have something of your own to return."
                )


def index_of_mixin(mro: Sequence[type[Any]]) -> int:
    """Return the index of the mixin in a strategy's method resolution order."""
    return next(index for index, base in enumerate(mro) if base.__name__ == MIXIN)


def hosted_overrides(strategy: type[Any]) -> Iterator[str]:
    """Yield one sentence for each override of Freqtrade's own methods that bypasses the mixin, with the remedy."""
    yield from overrides_without_super(strategy, HOST_METHODS)


def calls_super(override: Any) -> bool:
    """Return True if an override mentions `super` or the mixin anywhere in its code.

    A callable object without code cannot be inspected and counts as True.
    """
    code = getattr(inspect.unwrap(override), "__code__", None)
    return code is None or _mentions(code)


def _mentions(code: CodeType) -> bool:
    if {"super", MIXIN} & {*code.co_names, *code.co_freevars}:
        return True
    return any(_mentions(inner) for inner in code.co_consts if isinstance(inner, CodeType))
