"""What is right for a bot: from what it has stored, from its configuration, and from what it says itself."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from robustop_plugin.core.errors import InvalidSettings
from robustop_plugin.operate.bot_view import BotView
from robustop_plugin.operate.findings.look import DEFAULTS, Terms
from robustop_plugin.operate.settings_in_force import SettingsInForce
from robustop_plugin.settings import Settings, load_settings

LOOP = 5.0
"""Freqtrade's default of internals.process_throttle_secs."""
OWN_GATE = 60.0
"""Freqtrade's default of order_types.stoploss_on_exchange_interval."""


class Limits(NamedTuple):
    """What a person allows, in seconds.

    Attributes:
        silent: for how long the bot may be silent.
        stale: for how long a pair may be without a trade.
        resting: for how long a partial exit may rest.
    """

    silent: float = 60.0
    stale: float = 300.0
    resting: float = 60.0


def terms_of(config: Mapping[str, Any], stored: SettingsInForce, bot: BotView, limits: Limits) -> Terms:
    """Return what is right for a bot.

    Args:
        config: Freqtrade's configuration.
        stored: the settings that the bot has stored at its start.
        bot: what the bot says of itself; its order types are those of its strategy.
        limits: what a person allows.
    """
    said = bot.order_types if bot.order_types is not None else config.get("order_types")
    orders: Mapping[str, Any] = said if isinstance(said, Mapping) else {}
    rests = stored.on_exchange
    if bot.order_types is not None:
        rests = bool(orders.get("stoploss_on_exchange", False))
    return Terms(
        stops_rest=rests,
        loop=loop_of(config),
        settings=stored.settings or _settings_in(config),
        own_gate=_number(orders.get("stoploss_on_exchange_interval"), OWN_GATE),
        silent=limits.silent,
        stale=limits.stale,
        resting=limits.resting,
        stake_currency=config.get("stake_currency"),
    )


def loop_of(config: Mapping[str, Any]) -> float:
    """Return how long a loop of a bot takes at least, in seconds."""
    return _number((config.get("internals") or {}).get("process_throttle_secs"), LOOP)


def _settings_in(config: Mapping[str, Any]) -> Settings:
    """Return the robustop block of a configuration; the defaults if it has none, or one that the bot refuses."""
    try:
        return load_settings(config.get("robustop"))
    except InvalidSettings:
        return DEFAULTS


def _number(value: Any, default: float) -> float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and value >= 0
    return float(value) if is_number else default
