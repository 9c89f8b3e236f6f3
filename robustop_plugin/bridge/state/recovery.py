"""Recovers what a bot need not write: Freqtrade keeps the most favorable price of each trade itself.

Freqtrade updates `max_rate` and `min_rate` before it asks for the stop, and commits them once per loop, after it has
checked all open trades. What robustop decides at a price, such as a move of the stop, is written at once; a price that
changed nothing is lost with that loop, as it is by Freqtrade alone.
"""

from collections.abc import Callable

from freqtrade.persistence import Trade

from robustop_plugin.bridge.facts.position import host_extreme
from robustop_plugin.core.facts import is_price
from robustop_plugin.core.memory import Memory
from robustop_plugin.core.recovery import caught_up
from robustop_plugin.core.step_settings import StepSettings
from robustop_plugin.core.trade_state import Entries, TradeState
from robustop_plugin.settings import Settings


class Recovery:
    """Completes written states with the prices that Freqtrade has kept."""

    def __init__(self, settings: Settings, step_settings: Callable[[str], StepSettings]) -> None:
        """Take the settings, and a function that returns those of a pair as a step uses them."""
        self._settings = settings
        self._step_settings = step_settings

    def recovered(self, trade: Trade, state: TradeState, memory: Memory, entries: Entries) -> Memory:
        """Return what a written memory of a trade would become if the bot were restarted now.

        Args:
            trade: Freqtrade's trade.
            state: The state of the trade.
            memory: The memory that was written.
            entries: What was written about the entries.
        """
        extreme = host_extreme(trade)
        # If stops follow closed candles, the best price is that of candles.
        if extreme is None or not is_price(extreme) or self._settings.for_pair(trade.pair).anchor != "price":
            return memory
        engines = self._step_settings(trade.pair).engines
        return caught_up(state.position.side, memory, engines, extreme, entries.old_extreme)
