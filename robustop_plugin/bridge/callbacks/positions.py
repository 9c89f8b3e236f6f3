"""Switches position adjustment on for partial exits, without giving the strategy what it had switched off.

Two things come with the switch: Freqtrade asks the strategy's `adjust_trade_position`, and it accepts a forced entry
(`/forceenter`) into an open position. The first is not asked if the strategy had switched it off. For the second, a
bot's strategy shows the switch as on only to the thread of the bot's own loop; requests come from other threads.
"""

import threading
from typing import Any

from freqtrade.strategy import IStrategy

SWITCH = "position_adjustment_enable"


def switch_on(strategy: IStrategy, *, live: bool) -> None:
    """Switch position adjustment on for a strategy that has it off."""
    if not live:
        setattr(strategy, SWITCH, True)
        return
    kind, loop = type(strategy), threading.get_ident()
    # A property of the class wins over the instance's value, wherever that comes from.
    shown = property(lambda _: threading.get_ident() == loop, lambda _, __: None)
    names: dict[str, Any] = {SWITCH: shown, "__module__": kind.__module__, "__qualname__": kind.__qualname__}
    strategy.__class__ = type(kind.__name__, (kind,), names)
