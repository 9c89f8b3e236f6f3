"""What is right for a bot, from its configuration and from what it says itself."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from robustop_plugin.core.errors import InvalidSettings
from robustop_plugin.operate.findings.look import Terms
from robustop_plugin.operate.heartbeat import Heartbeat
from robustop_plugin.settings import RobustopBlock, load_settings

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


def terms_of(config: Mapping[str, Any], heartbeat: Heartbeat, limits: Limits) -> Terms:
    """Return what is right for a bot.

    Args:
        config: Freqtrade's configuration.
        heartbeat: what the bot says of itself; its order types are those of its strategy.
        limits: what a person allows.
    """
    orders = heartbeat.order_types if heartbeat.order_types is not None else config.get("order_types")
    rests = None if not isinstance(orders, Mapping) else bool(orders.get("stoploss_on_exchange", False))
    interval = orders.get("stoploss_on_exchange_interval") if isinstance(orders, Mapping) else None
    gate = block_in(config).gate
    return Terms(
        stops_rest=rests,
        loop=_number((config.get("internals") or {}).get("process_throttle_secs"), LOOP),
        gate=gate.min_interval_s,
        gate_percent=gate.min_improvement_percent,
        own_gate=_number(interval, OWN_GATE),
        silent=limits.silent,
        stale=limits.stale,
        resting=limits.resting,
        stake_currency=config.get("stake_currency"),
    )


def block_in(config: Mapping[str, Any]) -> RobustopBlock:
    """Return the robustop block of a configuration; the defaults if it has none, or one that the bot refuses."""
    try:
        return load_settings(config.get("robustop")).default
    except InvalidSettings:
        return RobustopBlock()


def _number(value: Any, default: float) -> float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and value >= 0
    return float(value) if is_number else default
