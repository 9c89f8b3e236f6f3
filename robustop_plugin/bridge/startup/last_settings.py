"""The settings of a bot before it read its configuration again, for a `robustop` block that has become invalid.

Freqtrade builds the strategy anew in the same process and ends if that fails: a mistake in the block would leave open
positions without a bot. A bot that starts has no settings of before, and refuses the mistake.
"""

import logging
from typing import Any, NamedTuple

from robustop_plugin.settings import Settings

logger = logging.getLogger(__name__)

Key = tuple[str, ...]


class Kept(NamedTuple):
    """Settings that a bot of this process has started with, and why those that followed were refused."""

    settings: Settings
    refused: str | None = None


_kept: dict[Key, Kept] = {}


def keep(strategy: type, config: dict[str, Any], settings: Settings) -> None:
    """Keep the settings that a bot starts with."""
    _kept[_key(strategy, config)] = Kept(settings)


def of_before(strategy: type, config: dict[str, Any], error: str) -> Settings | None:
    """Return the settings of before, after an error in the new ones; None for a bot that has just started."""
    key = _key(strategy, config)
    if key not in _kept:
        return None
    logger.error("%s; the settings of before stay in force", error)
    _kept[key] = _kept[key]._replace(refused=error)
    return _kept[key].settings


def why_refused(strategy: type, config: dict[str, Any]) -> str | None:
    """Return why the settings of before are in force; None if they are not."""
    kept = _kept.get(_key(strategy, config))
    return None if kept is None else kept.refused


def _key(strategy: type, config: dict[str, Any]) -> Key:
    """Return what names a bot: its strategy and its configuration files."""
    return (strategy.__name__, *(str(file) for file in config.get("config_files") or ()))
