"""Finds overrides in the user's code that bypass a limit of entries."""

import math
from collections.abc import Iterator

from freqtrade.strategy import IStrategy

from robustop_plugin.bridge.callbacks.conflicts import overrides_without_super
from robustop_plugin.settings import Settings


def unreachable_limits(strategy: IStrategy, settings: Settings) -> Iterator[str]:
    """Yield one sentence for each override that bypasses a limit, with the remedy."""
    blocks = settings.blocks()
    if any(block.risk_percent for block in blocks):
        yield from overrides_without_super(type(strategy), ["custom_stake_amount"])
    slots = getattr(strategy, "max_open_trades", math.inf)
    slots = math.inf if slots < 0 else slots
    # A limit of brackets that reaches the number of trade slots never acts.
    binding = any(bracket.max_active_brackets < slots for block in blocks for bracket in block.brackets)
    if binding or any(block.portfolio_percent for block in blocks):
        yield from overrides_without_super(type(strategy), ["confirm_trade_entry"])
    if any(block.portfolio_percent for block in blocks):
        yield from overrides_without_super(type(strategy), ["_adjust_trade_position_internal"])
