"""Computes after a decision how far a price can go before one of the engines can change its mind.

An engine that looks only at the best price keeps its level until the gain reaches the engine's next change; an engine
that follows the ATR names a gain that grows with it.
"""

import math
from collections.abc import Iterable, Sequence

from robustop_plugin.bridge.facts.breakeven import Payments
from robustop_plugin.bridge.state.live_trade import Bounds
from robustop_plugin.core.decide import is_waiting
from robustop_plugin.core.decision import Level
from robustop_plugin.core.engine import AtrChange, Engine, EngineMemory, View
from robustop_plugin.core.facts import Position, Tick
from robustop_plugin.core.host_margins import NO_CHANGE_MARGIN
from robustop_plugin.core.levels import engine_memory, view_at
from robustop_plugin.core.memory import Memory
from robustop_plugin.core.step_settings import StepSettings

TRAIL_MARGIN = 1 / 64
"""In ticks. A level is rounded towards the market, so a trail is tighter than one as soon as it is beyond it."""
PRECISE_TICKS = 2.0**40
"""From here on a price in ticks has rounding errors that `TRAIL_MARGIN` does not cover."""


def bounds_after(
    position: Position,
    memory: Memory,
    tick: Tick,
    settings: StepSettings,
    payers: tuple[Engine, ...],
    payments: Payments | None,
    *,
    at_closes: bool,
) -> Bounds | None:
    """Return the bounds after a decision at a tick.

    There are none if an engine has to be asked at every price, and none while a level waits to be published: any price
    may be the one at which it can be.

    Args:
        position: The position.
        memory: What the decision has remembered.
        tick: The tick that was decided on.
        settings: The settings of the pair.
        payers: The engines whose breakeven covers the real costs of the trade.
        payments: What the trade has paid so far; None without such an engine.
        at_closes: True if stops move only when a candle closes.
    """
    asks = any(engine.next_change is None and engine.atr_change is None for engine in settings.engines)
    if asks or is_waiting(position.side, memory):
        return None
    view = view_at(position, tick, memory)
    nearest = math.inf
    arming: list[AtrChange] = []
    trailing: list[AtrChange] = []
    for engine in settings.engines:
        kept = engine_memory(engine, memory.kept)
        if engine.atr_change is None:
            nearest = min(nearest, next_change(engine, view, kept))
            continue
        change = engine.atr_change(view, kept)
        nearest = min(nearest, change.clearing)
        if change.arms:
            arming.append(change)
        else:
            trailing.append(change if memory.level is None else behind_level(position, memory.level, change))
    if not 0 < nearest >= view.gain.high or is_reached(trailing, position, memory.best, memory.atr):
        # An engine of its own best price may change its mind before there is a new one, and some at the entry.
        return None
    if arming and memory.atr is None:
        return None
    return Bounds(
        memory,
        position.entry + position.side * (nearest - NO_CHANGE_MARGIN) * position.tick_size,
        tuple(trailing),
        position.opened_at + settings.time_stop_hours * 3600 - 1,
        payments,
        payers,
        at_closes,
        arming=tuple(arming),
        arms_at=arming_price(arming, position, memory.atr),
    )


def next_change(engine: Engine, view: View, kept: EngineMemory) -> float:
    """Return the gain in ticks up to which an engine that looks at the best price alone keeps its opinion."""
    if engine.next_change is None:
        return -math.inf
    return engine.next_change(view) if engine.remember is None else engine.next_change(view, kept)


def behind_level(position: Position, level: Level, change: AtrChange) -> AtrChange:
    """Return the gain at which an engine's trail becomes tighter than the level that is desired already.

    Up to there it changes nothing, whatever the engine itself has offered last.

    Args:
        position: The position.
        level: The tightest level so far.
        change: Where the trail of an engine that offers breakeven changes; never, if it is infinite.
    """
    geometry, tick_size = position.geometry, position.tick_size
    if change.ticks < 0 or geometry.entry.high >= PRECISE_TICKS:
        return change
    gain = position.side * (level.price - position.entry) / tick_size
    return change._replace(ticks=max(change.ticks, gain + NO_CHANGE_MARGIN - TRAIL_MARGIN))


def arming_price(changes: Sequence[AtrChange], position: Position, atr: float | None) -> float | None:
    """Return the price near the first gain at which an engine arms; None if no engine has to, or without any ATR."""
    if not changes or atr is None:
        return None
    gains = [(change.ticks - NO_CHANGE_MARGIN) * position.tick_size + change.atrs * atr for change in changes]
    return position.entry + position.side * min(gains)


def is_reached(changes: Iterable[AtrChange], position: Position, best: float, atr: float | None) -> bool:
    """Return whether a best price is at one of the changes, or near it; without any ATR each of them may be."""
    gain = position.side * (best - position.entry)
    # Asked at every candle, where a generator takes longer.
    for change in changes:
        if atr is None or gain >= (change.ticks - NO_CHANGE_MARGIN) * position.tick_size + change.atrs * atr:
            return True
    return False
