"""Which messages a bot sends, and whether Freqtrade passes them on."""

from collections.abc import Iterator
from typing import Any

from freqtrade.strategy import IStrategy

from robustop_plugin.runner.checks.finding import NOTE, OK, Finding
from robustop_plugin.settings import Settings
from robustop_plugin.settings.events import EVENTS

CHANNELS = {"telegram": True, "webhook": False, "discord": False}
"""Freqtrade's ways to send messages, and whether each passes on those of strategies unless told otherwise."""


def messages(strategy: IStrategy, settings: Settings) -> Iterator[Finding]:
    """Yield the events that messages are sent about, and the channels that would drop them."""
    wanted = settings.default.notify
    silent = [event for event in EVENTS if event not in wanted]
    detail = f"messages about {', '.join(wanted)}" if wanted else "no messages"
    yield Finding("notify", OK, f"{detail}; none about {', '.join(silent)}" if silent and wanted else detail)
    config: dict[str, Any] = strategy.config
    for name, passes in CHANNELS.items():
        channel = config.get(name) or {}
        if wanted and channel.get("enabled") and not channel.get("allow_custom_messages", passes):
            detail = "is enabled, and drops the messages of strategies: set allow_custom_messages to true in it"
            yield Finding(name, NOTE, detail)
        elif wanted and name == "webhook" and channel.get("enabled") and not channel.get("strategy_msg"):
            yield Finding(name, NOTE, 'has no format for messages of strategies: add "strategy_msg": {"text": "{msg}"}')
