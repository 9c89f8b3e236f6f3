"""Pairs that have settings of their own and will never be traded, as far as the configuration tells."""

from collections.abc import Mapping
from typing import Any

from freqtrade.plugins.pairlist.pairlist_helpers import expand_pairlist

from robustop_plugin.settings import Settings

STATIC = "StaticPairList"


def pairs_never_traded(settings: Settings, config: Mapping[str, Any]) -> list[str]:
    """Return the pairs with settings of their own that no entry of the whitelist stands for.

    Entries may be regular expressions, which match as Freqtrade matches them. Under any other pairlist than the static
    one nobody knows which pairs will come, and none is named.
    """
    handlers = config.get("pairlists") or [{"method": STATIC}]
    if any(handler.get("method") != STATIC for handler in handlers):
        return []
    pairs = sorted(settings.by_pair)
    try:
        listed = expand_pairlist(config.get("exchange", {}).get("pair_whitelist") or [], pairs)
    except ValueError:
        # An expression that is none ends the start of the bot with Freqtrade's own words.
        return []
    return [pair for pair in pairs if pair not in listed]
