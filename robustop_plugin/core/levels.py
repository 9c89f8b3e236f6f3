"""From a tick to the desired level: rules 5 to 7 of the step."""

import math
from collections.abc import Iterator, Mapping

from robustop_plugin.core.decision import Level, Rule
from robustop_plugin.core.engine import Engine, EngineMemory, View, view_of
from robustop_plugin.core.facts import Position, Tick
from robustop_plugin.core.grid import round_towards_market
from robustop_plugin.core.memory import Memory
from robustop_plugin.core.side import better, tighter
from robustop_plugin.core.step_settings import StepSettings


def observe(position: Position, tick: Tick, memory: Memory) -> Memory:
    """Return the memory with the best price and the last known ATR (rule 5)."""
    atr = memory.atr if tick.atr is None else tick.atr
    at_entry = atr if memory.atr_at_entry is None else memory.atr_at_entry
    best = better(position.side, memory.best, tick.price if tick.extreme is None else tick.extreme)
    if (best, atr, at_entry) == (memory.best, memory.atr, memory.atr_at_entry):
        return memory
    return memory._replace(best=best, atr=atr, atr_at_entry=at_entry)


def view_at(position: Position, tick: Tick, memory: Memory) -> View:
    """Return what engines see at this tick."""
    return view_of(position, tick, memory.best, memory.atr, memory.atr_at_entry)


def update_levels(position: Position, tick: Tick, memory: Memory, settings: StepSettings) -> Memory:
    """Return the memory with the tightest levels ever cleared and the memory of the engines (rules 6 and 7)."""
    side, view = position.side, view_at(position, tick, memory)
    desired, virtual, kept = memory.level, memory.virtual, memory.kept
    for engine in settings.engines:
        kept = with_engine_memory(engine, view, kept)
        for level in offered_levels(engine, view, kept):
            if not tighter(side, memory.best, level.price):
                continue
            if engine.virtual_trail and level.rule is Rule.TRAIL:
                virtual = level.price if virtual is None else better(side, virtual, level.price)
            elif desired is None or tighter(side, level.price, desired.price):
                desired = level
    if desired is memory.level and virtual == memory.virtual and kept is memory.kept:
        return memory
    return memory._replace(level=desired, virtual=virtual, kept=kept)


def with_engine_memory(engine: Engine, view: View, kept: Mapping[str, EngineMemory]) -> Mapping[str, EngineMemory]:
    """Return the memory of the engines after this engine has seen a view."""
    if engine.remember is None:
        return kept
    before = engine_memory(engine, kept)
    after = engine.remember(view, before)
    return kept if after is before and engine.name in kept else {**kept, engine.name: after}


def engine_memory(engine: Engine, kept: Mapping[str, EngineMemory]) -> EngineMemory:
    """Return the memory of one engine, as its own named tuple; out of a database it comes as a plain tuple."""
    own = kept.get(engine.name, engine.fresh)
    if type(own) is type(engine.fresh):
        return own
    # Another length was written by another release: the engine starts over, and the stop in force stays.
    return type(engine.fresh)(*own) if len(own) == len(engine.fresh) else engine.fresh


def offered_levels(engine: Engine, view: View, kept: Mapping[str, EngineMemory]) -> Iterator[Level]:
    """Yield the levels that an engine offers, rounded towards the market (rule 6)."""
    levels = engine.offer(view) if engine.remember is None else engine.offer(view, engine_memory(engine, kept))
    for rule, ticks in ((Rule.BREAKEVEN, levels.breakeven), (Rule.TRAIL, levels.trail)):
        if not math.isnan(ticks.high):
            yield Level(round_towards_market(view.side, ticks, view.grid), engine.name, rule)
