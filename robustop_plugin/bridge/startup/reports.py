"""Builds what a strategy reports its errors and events with."""

from functools import partial
from typing import Any

import sqlalchemy as sa
from freqtrade.persistence import Trade
from freqtrade.strategy import IStrategy

from robustop_plugin.audit.sent_messages import SentMessages
from robustop_plugin.bridge.messages.voice import Voice
from robustop_plugin.bridge.startup import last_settings
from robustop_plugin.bridge.state.error_log import ErrorReporter
from robustop_plugin.settings import Settings


def reporter_of(strategy: IStrategy, settings: Settings, *, live: bool) -> ErrorReporter:
    """Return the reporter of a strategy; a bot that kept its earlier settings says so."""
    config: dict[str, Any] = strategy.config
    errors = ErrorReporter(strategy.dp, silent=not live)
    if live:
        errors.wants, errors.memory = partial(wants, settings), sent_messages
        if refused := last_settings.why_refused(type(strategy), config):
            errors.notify(f"the settings of before stay in force: {refused}", "settings")
    return errors


def voice_of(errors: ErrorReporter) -> Voice | None:
    """Return what speaks about the trades of a bot; None in a backtest."""
    return None if errors.silent else Voice(errors)


def wants(settings: Settings, event: str, pair: str | None = None) -> bool:
    """Return True if the settings of a pair, or of all, want messages about an event."""
    return event in settings.for_pair(pair).notify


def sent_messages() -> SentMessages | None:
    """Return the table of sent messages; None if the trade database is in memory, which no restart survives."""
    engine: sa.Engine = Trade.session.get_bind()
    in_memory = engine.url.get_backend_name() == "sqlite" and engine.url.database in (None, "", ":memory:")
    return None if in_memory else SentMessages(engine)
