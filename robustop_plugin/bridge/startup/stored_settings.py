"""Stores the settings of a bot when it starts, for what looks at it from outside."""

import logging
import time

from freqtrade.persistence import Trade
from freqtrade.strategy import IStrategy

from robustop_plugin.audit.bot_settings import BotSettings, keep_settings
from robustop_plugin.bridge.startup.audit_sinks import file_without_table, has_open_writes
from robustop_plugin.bridge.startup.build_stamp import stamp
from robustop_plugin.core.errors import InvalidSettings
from robustop_plugin.settings import Settings

logger = logging.getLogger(__name__)


def store_settings(strategy: IStrategy, settings: Settings, *, on_exchange: bool) -> None:
    """Store the settings in the trade database. What goes wrong is logged: the stops do not need it.

    Args:
        strategy: The strategy of a bot.
        settings: Its settings, with the values of its parameters.
        on_exchange: True if its stops rest on the exchange.
    """
    if not hasattr(Trade, "session") or file_without_table(strategy.config) is not None or has_open_writes():
        return
    try:
        kept = BotSettings(time.time(), strategy.get_strategy_name(), stamp(), on_exchange, blocks_of(settings))
        keep_settings(Trade.session.get_bind(), kept)
    except InvalidSettings:
        return  # the start is refused because of them
    except Exception as error:  # noqa: BLE001 (a bot that does not start protects nothing)
        logger.warning("robustop: the settings were not stored, so `robustop status` cannot show rungs: %s", error)


def blocks_of(settings: Settings) -> dict[str, object]:
    """Return the blocks of the settings as JSON-ready data.

    Raises:
        InvalidSettings: The value of a parameter is out of bounds.
    """
    pairs = {pair: settings.for_pair(pair).model_dump(mode="json") for pair in settings.by_pair}
    return {"default": settings.for_pair(None).model_dump(mode="json"), "pairs": pairs}
