"""START HERE: one step of robustop, facts in, decision out.

The order of the rules is the product:

1. the stop is hit;
2. forced exits: emergency or manual, then portfolio drawdown;
3. the council sells;
4. take profit and time stop: no engine offers either yet;
5. the best price is updated;
6. every engine offers its levels, breakeven first, then trail;
7. desired is the tightest level that the best price has cleared, never looser than before;
8. the price is already at or beyond the desired level: that is an exit, never "no change";
9. the gate may hold a message back where the stop is an order on an exchange;
10. the stop moves to the desired level if that is tighter;
11. partial exits: no schedule is offered yet.

The result depends on the facts alone. Evaluating the same tick twice changes nothing.
"""

import math
from collections.abc import Iterator, Sequence

from robustop_plugin.core.decision import Exit, ExitReason, Hold, Level, Memory, Move, Outcome, Rule, phase_of
from robustop_plugin.core.exact import difference
from robustop_plugin.core.facts import Engine, Position, Tick, view_of
from robustop_plugin.core.gate import Gate, opens
from robustop_plugin.core.grid import round_towards_market
from robustop_plugin.core.side import better, beyond, tighter

DEFAULT_GATE = Gate()


def decide(
    position: Position, tick: Tick, memory: Memory, engines: Sequence[Engine], gate: Gate = DEFAULT_GATE
) -> Outcome:
    """Return what to do at this tick, and what to remember.

    Args:
        position: the trade as its first fill left it.
        tick: one look at the market.
        memory: what the step before remembered.
        engines: those configured, in the order of the settings.
        gate: consulted only where the stop rests on an exchange.
    """
    reason = exit_at_once(position, tick, memory)
    if reason is not None:
        return Outcome(Exit(reason), memory, None)
    if not tick.inside_candle:
        memory = ask(position, tick, observe(position, tick, memory), engines)
    desired = memory.level
    if desired is None or not tighter(position.side, desired.price, memory.stop):
        return Outcome(Hold(), memory, desired)
    if beyond(position.side, tick.price, desired.price):
        return Outcome(Exit(ExitReason.TRAILING_STOP, desired), memory, desired)
    if is_held_back(position, tick, memory, desired, gate):
        return Outcome(Hold(), memory, desired)
    phase = max(memory.phase, phase_of(position, desired.price))
    memory = memory._replace(stop=desired.price, published_at=tick.time, phase=phase)
    return Outcome(Move(desired), memory, desired)


def is_waiting(side: int, memory: Memory) -> bool:
    """Return whether a level is desired beyond the stop in force: held back, or crossed and not yet exited."""
    return memory.level is not None and tighter(side, memory.level.price, memory.stop)


def exit_at_once(position: Position, tick: Tick, memory: Memory) -> ExitReason | None:
    """Return the reason to leave before any engine is asked (rules 1 to 4)."""
    if beyond(position.side, tick.price, memory.stop):
        at_start = memory.stop == position.initial_stop
        return ExitReason.STOP_LOSS if at_start else ExitReason.TRAILING_STOP
    if tick.kill:
        return ExitReason.EMERGENCY
    if tick.manual:
        return ExitReason.MANUAL
    if tick.drawdown:
        return ExitReason.MAX_DRAWDOWN
    if tick.council:
        return ExitReason.COUNCIL_SELL
    return None


def ask(position: Position, tick: Tick, memory: Memory, engines: Sequence[Engine]) -> Memory:
    """Return the memory with the tightest level that was ever cleared (rules 6 and 7)."""
    desired = memory.level
    for level in offers(position, tick, memory, engines):
        cleared = tighter(position.side, memory.best, level.price)
        if cleared and (desired is None or tighter(position.side, level.price, desired.price)):
            desired = level
    return memory._replace(level=desired)


def observe(position: Position, tick: Tick, memory: Memory) -> Memory:
    """Return the memory with the best price and the last known ATR (rule 5)."""
    atr = memory.atr if tick.atr is None else tick.atr
    return memory._replace(
        best=better(position.side, memory.best, tick.price if tick.extreme is None else tick.extreme),
        atr=atr,
        atr_at_entry=atr if memory.atr_at_entry is None else memory.atr_at_entry,
    )


def offers(position: Position, tick: Tick, memory: Memory, engines: Sequence[Engine]) -> Iterator[Level]:
    """Yield every level that the engines offer, rounded towards the market (rule 6)."""
    view = view_of(position, tick, memory.best, memory.atr, memory.atr_at_entry)
    grid = position.geometry.grid
    for engine in engines:
        levels = engine.offer(view)
        for rule, ticks in ((Rule.BREAKEVEN, levels.breakeven), (Rule.TRAIL, levels.trail)):
            if not math.isnan(ticks.high):
                yield Level(round_towards_market(position.side, ticks, grid), engine.name, rule)


def is_held_back(position: Position, tick: Tick, memory: Memory, desired: Level, gate: Gate) -> bool:
    """Return whether a tighter stop has to wait, remembered (rule 9)."""
    if not tick.publishable:
        return True
    seconds_since = difference(tick.time, memory.published_at).high
    return tick.on_exchange and not opens(gate, position.side, memory.stop, desired.price, seconds_since)
