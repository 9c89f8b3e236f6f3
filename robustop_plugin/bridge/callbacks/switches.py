"""Switches a strategy's option on for robustop, also one that the strategy has as a property without a setter."""

from typing import Any

from freqtrade.strategy import IStrategy


def set_switch(strategy: IStrategy, name: str, value: Any) -> None:
    """Set an option of a strategy.

    Args:
        strategy: The strategy.
        name: The option.
        value: Its value.
    """
    try:
        setattr(strategy, name, value)
    except AttributeError:
        give_class(strategy, {name: value})


def give_class(strategy: IStrategy, attributes: dict[str, Any]) -> None:
    """Give a strategy a class of its own, like its class but for some attributes: they win over the instance's."""
    kind = type(strategy)
    like = {"__module__": kind.__module__, "__qualname__": kind.__qualname__}
    strategy.__class__ = type(kind.__name__, (kind,), {**attributes, **like})
