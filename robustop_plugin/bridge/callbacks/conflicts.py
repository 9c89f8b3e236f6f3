"""Finds options and overrides that would neutralize the stops, before the first trade."""

import inspect
from collections.abc import Iterator, Sequence
from types import CodeType
from typing import Any

from freqtrade.enums import RunMode
from freqtrade.strategy import IStrategy

MIXIN_CALLBACKS = (
    "ft_bot_start",
    "advise_indicators",
    "should_exit",
    "ft_stoploss_adjust",
    "custom_stoploss",
    "custom_exit",
    "order_filled",
)
"""Callbacks that must reach the mixin, whatever class overrides them."""

MIXIN = "RobustopMixin"


def conflicting_options(strategy: IStrategy, *, sells_parts: bool) -> Iterator[str]:
    """Yield one sentence for each Freqtrade option that works against the stops, with the remedy."""
    if sells_parts and not strategy.position_adjustment_enable:
        yield (
            "position_adjustment_enable was False: nothing would be sold in parts; set it to True, or the setting "
            "partials to [] (and leave out hand_span's portion)."
        )
    if not strategy.use_custom_stoploss:
        yield "use_custom_stoploss was False: the stops would never act; set it to True."
    if strategy.trailing_stop:
        yield "trailing_stop was True: two trailing stops would compete; set it to False."
    if not strategy.use_exit_signal:
        yield "use_exit_signal was False: a crossed level could not be exited; set it to True."
    if strategy.exit_profit_only:
        yield "exit_profit_only was True: exits at a loss would be blocked; set it to False."
    config = strategy.config
    on_exchange = strategy.order_types.get("stoploss_on_exchange")
    if on_exchange and config.get("runmode") == RunMode.LIVE:
        yield "order_types.stoploss_on_exchange was True: not available yet in this release; set it to False."


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
    """Yield one sentence for each override, before or behind the mixin, that bypasses it, with the remedy."""
    mro = strategy.__mro__
    yield from overrides_without_super(strategy, MIXIN_CALLBACKS)
    # The same check as Freqtrade's, which does not see through a decorator either.
    if "after_fill" not in inspect.getfullargspec(strategy.custom_stoploss).args:
        yield (
            f"{strategy.__name__}.custom_stoploss has no argument after_fill: Freqtrade would not ask for the "
            "initial stop after a fill; add `after_fill: bool` before **kwargs."
        )
    for base in mro[index_of_mixin(mro) + 1 : mro.index(IStrategy)]:
        if "custom_stoploss" in vars(base):
            yield (
                f"{base.__name__}.custom_stoploss stands behind {MIXIN} and would never be called; remove it, "
                "or name its class before the mixin and call super()."
            )


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
