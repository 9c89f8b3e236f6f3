"""Builds what a strategy reports its errors and events with."""

from typing import Any

from freqtrade.strategy import IStrategy

from robustop_plugin.bridge.startup import last_settings
from robustop_plugin.bridge.state.error_log import ErrorReporter


def reporter_of(strategy: IStrategy, *, live: bool) -> ErrorReporter:
    """Return the reporter of a strategy; a bot that kept its earlier settings says so."""
    config: dict[str, Any] = strategy.config
    errors = ErrorReporter(strategy.dp, silent=not live)
    if live and (refused := last_settings.why_refused(type(strategy), config)):
        errors.notify(f"the settings of before stay in force: {refused}")
    return errors
