"""Switches position adjustment on for partial exits, without giving the strategy what it had switched off.

Two things come with the switch: Freqtrade asks the strategy's `adjust_trade_position`, and it accepts a forced entry
(`/forceenter`) into an open position. The first is not asked if the strategy had switched it off. For the second, a
bot's strategy shows the switch as on only to the thread of the bot's own loop; requests come from other threads.
"""

import threading

from freqtrade.strategy import IStrategy

from robustop_plugin.bridge.callbacks.switches import give_class, set_switch

SWITCH = "position_adjustment_enable"


def switch_on(strategy: IStrategy, *, live: bool) -> None:
    """Switch position adjustment on for a strategy that has it off."""
    if not live:
        set_switch(strategy, SWITCH, True)
        return
    loop = threading.get_ident()
    give_class(strategy, {SWITCH: property(lambda _: threading.get_ident() == loop, lambda _, __: None)})
