"""The events that a bot can send messages about."""

from typing import Any

from robustop_plugin.settings.base import wrong

EVENTS = {
    "initial_stop": "the initial stop of a new or adopted trade",
    "breakeven": "the stop has reached breakeven",
    "trail": "each later move of the stop",
    "part_asked": "a partial exit is asked for",
    "part_sold": "a part was sold",
    "exit": "an exit that robustop decided, beside Freqtrade's own message",
    "guard": "a position is closed because no order on the exchange protects it",
    "emergency": "`robustop panic` and `robustop resume`",
    "asked_stop": "a stop that a person asked for by `robustop adjust` is taken or refused",
    "drawdown": "the portfolio's drawdown limit is reached",
    "breaker": "a breaker was opened or closed",
    "unexplained": "coins or positions that no open trade explains",
    "orders": "orders on the exchange that were lost, refused or left over",
    "database": "the trade database fails, or works again",
    "error": "an error of robustop's own that it survived",
    "settings": "new settings were refused, and those of before stay",
}
"""Each name in the setting `notify`, and what it is about."""

QUIET = ("trail", "part_asked", "exit")
"""Events that are off by default: frequent ones, and those that Freqtrade has a message of its own about."""

DEFAULT = [event for event in EVENTS if event not in QUIET]


def chosen(notify: Any) -> Any:
    """Return the events that `true` or `false` stands for, and any other value as it is."""
    if isinstance(notify, bool):
        return list(EVENTS) if notify else []
    return notify


def known_events(notify: list[Any]) -> None:
    """Reject an unknown event.

    Raises:
        PydanticCustomError: A name in the list is unknown.
    """
    for index, name in enumerate(notify):
        if name not in list(EVENTS):
            raise wrong(f"notify[{index}]", name, f"one of {', '.join(EVENTS)}")
