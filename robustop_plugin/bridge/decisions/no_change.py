"""Tells the prices of which nothing can come: in a backtest most of them, and each costs its time.

After a decision, engines that look at nothing but the best price keep their opinion until the gain reaches their
next change; one that follows the ATR names a gain that grows with it. Up to there a price can at most be a new best
one, or come with another ATR; `decide` would hold.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from freqtrade.persistence import Trade

from robustop_plugin.bridge.facts.candles import AnalyzedCandles
from robustop_plugin.bridge.facts.stop_in_force import host_unchanged
from robustop_plugin.core.decide import is_waiting
from robustop_plugin.core.engine import AtrChange, Engine, EngineMemory, View
from robustop_plugin.core.facts import Position, Tick
from robustop_plugin.core.levels import engine_memory, view_at
from robustop_plugin.core.memory import Memory, fresh_memory
from robustop_plugin.core.side import beyond, tighter
from robustop_plugin.core.step_settings import StepSettings
from robustop_plugin.core.trade_state import TradeState

MARGIN = 0.5
"""In ticks: a price so near to the next change is decided on, not passed over."""


class Bounds(NamedTuple):
    """What is known of a trade since its engines were asked.

    Attributes:
        memory: that came of it.
        until: price up to which they keep their opinion.
        atr_changes: of the engines that follow the ATR.
        deadline: when the time stop comes, in seconds since the epoch; infinite for never.
    """

    memory: Memory
    until: float
    atr_changes: tuple[AtrChange, ...]
    deadline: float


@dataclass
class NoChangeBounds:
    """The trades whose engines have been asked, with the price up to which they need not be asked again.

    Attributes:
        market: for the ATR.
        absorbs: new best prices are kept without a decision; where every change is written, they are not.
    """

    market: AnalyzedCandles
    absorbs: bool

    def __post_init__(self) -> None:
        """Start with no trade."""
        self._settled: dict[int, Bounds] = {}

    def compute_first_bounds(self, trade_id: int, state: TradeState, rules: StepSettings) -> None:
        """Note how far the engines need not be asked after the first fill: at the entry itself none has an opinion."""
        position, memory = state.position, state.memory
        if memory == fresh_memory(position, memory.atr):
            self.compute_bounds(trade_id, state, Tick(position.opened_at, position.entry), rules)

    def compute_bounds(self, trade_id: int, state: TradeState, tick: Tick, rules: StepSettings) -> None:
        """Note that the engines were just asked; those that need to be asked each time settle nothing.

        Neither does a level that waits to be published: any price may be the one at which it can be.
        """
        self._settled.pop(trade_id, None)
        position, memory = state.position, state.memory
        asks = any(engine.next_change is None and engine.atr_change is None for engine in rules.engines)
        if asks or is_waiting(position.side, memory):
            return
        view = view_at(position, tick, memory)
        gains, atr_changes = [math.inf], []
        for engine in rules.engines:
            kept = engine_memory(engine, memory.kept)
            if engine.atr_change is not None:
                atr_changes.append(engine.atr_change(view, kept))
            else:
                gains.append(next_change(engine, view, kept))
        if not 0 < min(gains) >= view.gain.high or is_reached(atr_changes, position, memory.best, memory.atr):
            # An engine of its own best price may change its mind before there is a new one, and some at the entry.
            return
        until = position.entry + position.side * (min(gains) - MARGIN) * position.tick_size
        deadline = position.opened_at + rules.time_stop_hours * 3600 - 1
        self._settled[trade_id] = Bounds(memory, until, tuple(atr_changes), deadline)

    def absorb_if_unchanged(self, trade: Trade, state: TradeState, price: float, now: datetime) -> bool:
        """Return whether nothing comes of a price; a new best one among them is kept, and a new ATR."""
        settled, memory = self._settled.get(trade.id), state.memory
        if settled is None or settled.memory is not memory or not host_unchanged(trade, state):
            return False
        if settled.deadline < math.inf and now.timestamp() >= settled.deadline:
            return False
        side = state.position.side
        is_best = tighter(side, price, memory.best)
        atr = (self.market.atr(trade.pair) or memory.atr) if settled.atr_changes else memory.atr
        if not is_best and atr == memory.atr:
            return True
        best = price if is_best else memory.best
        if not self.absorbs or (is_best and not tighter(side, settled.until, price)):
            return False
        # At a stop that is hit nothing else is looked at, not even the ATR.
        hit = beyond(side, price, memory.stop)
        if settled.atr_changes and (hit or is_reached(settled.atr_changes, state.position, best, atr)):
            return False
        state.memory = memory._replace(best=best, atr=atr)
        self._settled[trade.id] = settled._replace(memory=state.memory)
        return True

    def forget(self, trade_id: int) -> None:
        """Drop a trade."""
        self._settled.pop(trade_id, None)


def next_change(engine: Engine, view: View, kept: EngineMemory) -> float:
    """Return the gain in ticks up to which an engine that looks at the best price alone keeps its opinion."""
    if engine.next_change is None:
        return -math.inf
    return engine.next_change(view) if engine.remember is None else engine.next_change(view, kept)


def is_reached(changes: Iterable[AtrChange], position: Position, best: float, atr: float | None) -> bool:
    """Return whether a best price is at one of the changes, or near it; without any ATR each of them may be."""
    gain = position.side * (best - position.entry)
    return any(
        atr is None or gain >= (change.ticks - MARGIN) * position.tick_size + change.atrs * atr for change in changes
    )
