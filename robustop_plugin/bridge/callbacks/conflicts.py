"""What would neutralise the stops, found before the first trade."""

import inspect
from collections.abc import Iterator, Sequence
from types import CodeType
from typing import Any

from freqtrade.enums import RunMode
from freqtrade.strategy import IStrategy

HOSTED = (
    "ft_bot_start",
    "advise_indicators",
    "should_exit",
    "ft_stoploss_adjust",
    "custom_stoploss",
    "custom_exit",
    "order_filled",
)
"""Callbacks that have to reach the mixin, whoever overrides them."""

MIXIN = "RobustopMixin"


def conflicting_options(strategy: IStrategy, *, sells_parts: bool) -> Iterator[str]:
    """Yield the settings of the host that work against a stop: one sentence each, with what to do."""
    if sells_parts and not strategy.position_adjustment_enable:
        yield (
            "position_adjustment_enable was False: nothing would be sold in parts; set it to True, or the setting "
            "partials to [] (and leave out hand_span's portion)."
        )
    if not strategy.use_custom_stoploss:
        yield "use_custom_stoploss was False: the stops would never be asked for; set it to True."
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
    """Yield the overrides of these callbacks that never reach the mixin behind them, with what to do."""
    line = strategy.__mro__
    for one in line[: place_of_mixin(line)]:
        for name in names:
            if name in vars(one) and not calls_super(vars(one)[name]):
                yield (
                    f"{one.__name__}.{name} never calls super().{name}(...): robustop would not be asked; "
                    "call it and return what it returns unless you have something of your own to return."
                )


def place_of_mixin(line: Sequence[type[Any]]) -> int:
    """Return where the mixin stands in a strategy's line of ancestors."""
    return next(index for index, one in enumerate(line) if one.__name__ == MIXIN)


def hosted_overrides(strategy: type[Any]) -> Iterator[str]:
    """Yield the overrides that keep a callback from the mixin, before and behind it, with what to do."""
    line = strategy.__mro__
    yield from overrides_without_super(strategy, HOSTED)
    # Looked at as the host does: it does not see through a decorator either.
    if "after_fill" not in inspect.getfullargspec(strategy.custom_stoploss).args:
        yield (
            f"{strategy.__name__}.custom_stoploss has no argument after_fill: the host would not ask for the "
            "initial stop after a fill; add `after_fill: bool` before **kwargs."
        )
    for one in line[place_of_mixin(line) + 1 : line.index(IStrategy)]:
        if "custom_stoploss" in vars(one):
            yield (
                f"{one.__name__}.custom_stoploss stands behind {MIXIN} and would never be asked; remove it, "
                "or name its class before the mixin and call super()."
            )


def calls_super(override: Any) -> bool:
    """Return whether an override mentions `super` or the mixin, anywhere in its code.

    What has no code to look at (a callable object) cannot be told and passes.
    """
    code = getattr(inspect.unwrap(override), "__code__", None)
    return code is None or _mentions(code)


def _mentions(code: CodeType) -> bool:
    if {"super", MIXIN} & {*code.co_names, *code.co_freevars}:
        return True
    return any(_mentions(inner) for inner in code.co_consts if isinstance(inner, CodeType))
