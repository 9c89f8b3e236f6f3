"""Tells the prices of which nothing can come: in a backtest most of them, and each costs its time.

After a decision, engines that look at nothing but the best price keep their opinion until the gain reaches their
next change. Up to there a price can at most be a new best one; `decide` would hold.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from freqtrade.persistence import Trade

from robustop_plugin.bridge.hosts_stop import is_unchanged
from robustop_plugin.core.decision import Memory
from robustop_plugin.core.facts import Engine, Tick, view_of
from robustop_plugin.core.memory import TradeState
from robustop_plugin.core.side import tighter

MARGIN = 0.5
"""In ticks: a price so near to the next change is decided on, not passed over."""


@dataclass
class Calm:
    """The trades whose engines have been asked, with the price up to which they need not be asked again.

    Attributes:
        absorbs: new best prices are kept without a decision; where every change is written, they are not.
    """

    absorbs: bool

    def __post_init__(self) -> None:
        """Start with no trade."""
        self._until: dict[int, tuple[Memory, float]] = {}

    def settle(self, trade_id: int, state: TradeState, tick: Tick, engines: Sequence[Engine]) -> None:
        """Note that the engines were just asked; those that need to be asked each time settle nothing."""
        changes = [engine.next_change for engine in engines if engine.next_change is not None]
        if len(changes) < len(engines):
            return
        position, memory = state.position, state.memory
        view = view_of(position, tick, memory.best, memory.atr, memory.atr_at_entry)
        gain = min(change(view) for change in changes) - MARGIN
        until = position.entry + position.side * gain * position.tick_size
        self._until[trade_id] = (memory, until)

    def passes(self, trade: Trade, state: TradeState, price: float) -> bool:
        """Return whether nothing comes of a price; a new best one among them is kept."""
        asked, until = self._until.get(trade.id, (None, 0.0))
        if asked is not state.memory or not is_unchanged(trade, state):
            return False
        side = state.position.side
        if not tighter(side, price, state.memory.best):
            return True
        if not self.absorbs or not tighter(side, until, price):
            return False
        state.memory = state.memory._replace(best=price)
        self._until[trade.id] = (state.memory, until)
        return True

    def forget(self, trade_id: int) -> None:
        """Drop a trade."""
        self._until.pop(trade_id, None)
