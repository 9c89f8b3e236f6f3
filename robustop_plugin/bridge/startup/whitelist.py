"""Finds pairs with their own settings that the configuration's whitelist never trades."""

from collections.abc import Mapping
from typing import Any

from freqtrade.plugins.pairlist.pairlist_helpers import expand_pairlist

from robustop_plugin.settings import Settings

STATIC = "StaticPairList"


def pairs_never_traded(settings: Settings, config: Mapping[str, Any]) -> list[str]:
    """Return the pairs with their own settings that no entry of the whitelist matches.

    Entries may be regular expressions, which are matched as in Freqtrade. With any pairlist but the static one, future
    pairs are unknown, so the result is empty.
    """
    handlers = config.get("pairlists") or [{"method": STATIC}]
    if any(handler.get("method") != STATIC for handler in handlers):
        return []
    pairs = sorted(settings.by_pair)
    try:
        listed = expand_pairlist(config.get("exchange", {}).get("pair_whitelist") or [], pairs)
    except ValueError:
        # Freqtrade itself reports an invalid expression and ends the start of the bot.
        return []
    return [pair for pair in pairs if pair not in listed]
