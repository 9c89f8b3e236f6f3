"""Tells the prices of which nothing can come: in a backtest most of them, and each costs its time.

After a decision, engines that look at nothing but the best price keep their opinion until the gain reaches their
next change. Up to there a price can at most be a new best one; `decide` would hold.
"""

import math
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from freqtrade.persistence import Trade

from robustop_plugin.bridge.hosts_stop import is_unchanged
from robustop_plugin.core.decision import Memory
from robustop_plugin.core.facts import Tick
from robustop_plugin.core.levels import recalled, seen
from robustop_plugin.core.memory import TradeState
from robustop_plugin.core.rules import Rules
from robustop_plugin.core.side import tighter
from robustop_plugin.core.view import Engine, Kept, View

MARGIN = 0.5
"""In ticks: a price so near to the next change is decided on, not passed over."""


class Settled(NamedTuple):
    """What is known of a trade since its engines were asked.

    Attributes:
        memory: that came of it.
        until: price up to which they keep their opinion.
        deadline: when the time stop comes, in seconds since the epoch; infinite for never.
    """

    memory: Memory
    until: float
    deadline: float


@dataclass
class Calm:
    """The trades whose engines have been asked, with the price up to which they need not be asked again.

    Attributes:
        absorbs: new best prices are kept without a decision; where every change is written, they are not.
    """

    absorbs: bool

    def __post_init__(self) -> None:
        """Start with no trade."""
        self._settled: dict[int, Settled] = {}

    def settle(self, trade_id: int, state: TradeState, tick: Tick, rules: Rules) -> None:
        """Note that the engines were just asked; those that need to be asked each time settle nothing."""
        self._settled.pop(trade_id, None)
        if any(engine.next_change is None for engine in rules.engines):
            return
        position, memory = state.position, state.memory
        view = seen(position, tick, memory)
        gain = min(next_change(engine, view, recalled(engine, memory.kept)) for engine in rules.engines)
        if gain < view.gain.high:
            # An engine of its own best price may change its mind before there is a new one.
            return
        until = position.entry + position.side * (gain - MARGIN) * position.tick_size
        deadline = position.opened_at + rules.time_stop_hours * 3600 - 1
        self._settled[trade_id] = Settled(memory, until, deadline)

    def passes(self, trade: Trade, state: TradeState, price: float, now: datetime) -> bool:
        """Return whether nothing comes of a price; a new best one among them is kept."""
        settled = self._settled.get(trade.id)
        if settled is None or settled.memory is not state.memory or not is_unchanged(trade, state):
            return False
        if settled.deadline < math.inf and now.timestamp() >= settled.deadline:
            return False
        side = state.position.side
        if not tighter(side, price, state.memory.best):
            return True
        if not self.absorbs or not tighter(side, settled.until, price):
            return False
        state.memory = state.memory._replace(best=price)
        self._settled[trade.id] = settled._replace(memory=state.memory)
        return True

    def forget(self, trade_id: int) -> None:
        """Drop a trade."""
        self._settled.pop(trade_id, None)


def next_change(engine: Engine, view: View, kept: Kept) -> float:
    """Return the gain in ticks up to which an engine that looks at the best price alone keeps its opinion."""
    if engine.next_change is None:
        return -math.inf
    return engine.next_change(view) if engine.remember is None else engine.next_change(view, kept)
