"""START HERE: one step of robustop, facts in, decision out.

The order of the rules is the product:

1. the stop is hit;
2. forced exits: emergency or manual, then portfolio drawdown;
3. the council sells;
4. the take profit of an engine, then the time stop;
5. the best price is updated;
6. every engine offers its levels, breakeven first, then trail;
7. desired is the tightest level that the best price has cleared, never looser than before;
8. the price is already at or beyond the desired level: that is an exit, never "no change";
9. the gate may hold a message back where the stop is an order on an exchange;
10. the stop moves to the desired level if that is tighter;
11. parts of the position that are due are sold, in one order.

The result depends on the facts alone. Evaluating the same tick twice changes nothing.
"""

from robustop_plugin.core.decision import Decision, Exit, Hold, Level, Move, Reduce, Sale, phase_of
from robustop_plugin.core.exact import difference
from robustop_plugin.core.exit_reason import ExitReason
from robustop_plugin.core.exits import AT_THE_STOP, immediate_exit
from robustop_plugin.core.facts import Position, Tick
from robustop_plugin.core.gate import Gate, opens
from robustop_plugin.core.grid import ticks_between
from robustop_plugin.core.levels import observe, update_levels
from robustop_plugin.core.memory import Memory, Outcome
from robustop_plugin.core.side import beyond, signed, tighter
from robustop_plugin.core.step_settings import StepSettings


def decide(position: Position, tick: Tick, memory: Memory, settings: StepSettings) -> Outcome:
    """Return what to do at this tick, and what to remember.

    A sale is remembered only once its order is filled: see `memory.filled`.

    Args:
        position: the trade as its first fill left it.
        tick: the market at one moment.
        memory: the memory of the step before.
        settings: the settings of the pair.
    """
    reason = immediate_exit(position, tick, memory, settings)
    if reason in AT_THE_STOP:
        return Outcome(Exit(reason), memory, None)
    if not tick.inside_candle:
        memory = update_levels(position, tick, observe(position, tick, memory), settings)
    if reason is not None:
        # The memory is kept: if the exit is not filled, no protection is lost.
        return Outcome(Exit(reason), memory, None)
    desired, moved = memory.level, None
    if desired is not None and tighter(position.side, desired.price, memory.stop):
        if beyond(position.side, tick.price, desired.price):
            return Outcome(Exit(ExitReason.TRAILING_STOP, desired), memory, desired)
        if not is_held_back(position, tick, memory, desired, settings.gate):
            moved = desired
            phase = max(memory.phase, phase_of(position, desired.price))
            memory = memory._replace(stop=desired.price, published_at=tick.time, phase=phase)
    return Outcome(as_decision(moved, sale_due(position, tick, memory, settings)), memory, desired)


def is_held_back(position: Position, tick: Tick, memory: Memory, desired: Level, gate: Gate) -> bool:
    """Return True if a tighter stop has to wait (rule 9); the memory keeps it."""
    if not tick.publishable:
        return True
    if not tick.on_exchange:
        return False
    seconds_since = difference(tick.time, memory.published_at).high
    return not opens(gate, position.side, memory.stop, desired.price, seconds_since)


def is_waiting(side: int, memory: Memory) -> bool:
    """Return True if a level tighter than the stop is desired: held back, or crossed and not yet exited."""
    return memory.level is not None and tighter(side, memory.level.price, memory.stop)


def sale_due(position: Position, tick: Tick, memory: Memory, settings: StepSettings) -> Sale | None:
    """Return what to sell now (rule 11); None for nothing."""
    if settings.sale is None:
        return None
    grid, _, risk = position.geometry
    profit = signed(position.side, ticks_between(tick.price, position.entry, grid))
    at_virtual = memory.virtual is not None and beyond(position.side, tick.price, memory.virtual)
    return settings.sale(profit, risk, memory.progress, at_virtual)


def as_decision(moved: Level | None, sale: Sale | None) -> Decision:
    """Return a move of the stop and a sale, each of them or neither, as one decision."""
    if sale is None:
        return Hold() if moved is None else Move(moved)
    return Exit(ExitReason.TAKE_PROFIT, moved, sale) if sale.closes else Reduce(sale, moved)
