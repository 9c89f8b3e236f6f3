"""One step of a position in scalars: the rules of `core.decide` around the same engine functions.

`decide` keeps named tuples with names and options in them, for a person to read and a database to store. Here each
engine has its own fields and NaN stands for None, so that the code compiles. The calculations are the core's own
functions; a test runs both through the same ticks.
"""

import math
from typing import NamedTuple

from robustop_plugin.core.durations import HOUR, at_least_as_old
from robustop_plugin.core.engine import NO_LEVEL, View
from robustop_plugin.core.exact import Exact, at_least, difference, is_whole, two_sum
from robustop_plugin.core.grid import Grid, round_towards_market, ticks_between, to_ticks, whole_ticks
from robustop_plugin.core.side import better, beyond, signed, tighter
from robustop_plugin.engines.atr_guard import AtrGuardMemory, atr_guard
from robustop_plugin.engines.atr_guard import remember as remember_guard
from robustop_plugin.engines.bracket import target as target_of
from robustop_plugin.engines.hand_span import hand_span
from robustop_plugin.engines.hand_span import next_change as next_of_hand
from robustop_plugin.engines.r_ladder import next_change as next_of_ladder
from robustop_plugin.engines.r_ladder import r_ladder
from robustop_plugin.engines.smart_trail import SmartTrailMemory, next_besides_trail, smart_trail
from robustop_plugin.engines.smart_trail import next_change as next_of_smart
from robustop_plugin.engines.smart_trail import remember as remember_smart
from robustop_plugin.lab.replay.kernel.scalars import EngineSet, Memory, Position, Tick

HOLDS, AT_THE_STOP, TAKES_PROFIT, TIME_STOP, CROSSED, REQUESTED = 0, 1, 2, 3, 4, 5
"""Actions of a step: hold, or exit at the stop, at a target, at the time stop, at a crossed level, or as requested."""


class Step(NamedTuple):
    """The result of a step.

    Attributes:
        action: One of the constants above.
        memory: The memory after it.
    """

    action: int
    memory: Memory


def fresh(position: Position, atr: float) -> Memory:
    """Return the memory of a position that was just opened."""
    smart, guard = SmartTrailMemory(False, 0.0, False), AtrGuardMemory(False, 0.0)
    return Memory(position.initial_stop, position.entry, math.nan, atr, atr, smart, guard)


def plain_tick(time: float, price: float, atr: float) -> Tick:
    """Return a tick that is a candle of its own, without momentum and real costs."""
    return Tick(time, price, time, atr, math.nan, math.nan, True, price, False)


def seen_price(tick: Tick) -> float:
    """Return the price that the engines see."""
    return tick.price if math.isnan(tick.extreme) else tick.extreme


def view_of(position: Position, tick: Tick, memory: Memory) -> View:
    """Return what the engines see."""
    side, grid, price = position.side, position.grid, seen_price(tick)
    gain = gained(position, memory.best)
    breakeven = NO_LEVEL if math.isnan(tick.breakeven) else to_ticks(tick.breakeven, grid)
    # The compiler takes no conditional expressions among this many arguments.
    best = position.entry_ticks if memory.best == position.entry else to_ticks(memory.best, grid)
    profit = gain if price == memory.best else gained(position, price)
    return View(
        side=side,
        grid=grid,
        entry=position.entry_ticks,
        risk=position.risk,
        best=best,
        gain=gain,
        price=price,
        profit=profit,
        age=age_of(tick.time, position.opened_at),
        candle=tick.candle,
        atr=memory.atr,
        atr_at_entry=memory.atr_at_entry,
        atr_mean=position.atr_mean,
        regime=position.regime,
        momentum=tick.momentum,
        breakeven=breakeven,
    )


def age_of(now: float, opened_at: float) -> float:
    """Return the age of a position, in seconds."""
    # Most times are whole numbers, whose difference needs no exact numbers.
    return now - opened_at if is_whole(now) and is_whole(opened_at) else difference(now, opened_at).high


def gained(position: Position, price: float) -> Exact:
    """Return the profit of a position at a price, in ticks."""
    return gain_at(position.side, position.grid, position.entry, position.entry_ticks, price)


def gain_at(side: int, grid: Grid, entry: float, entry_ticks: Exact, price: float) -> Exact:
    """Return the profit from an entry to a price, in ticks."""
    # Often the price is the entry itself.
    if price == entry:
        return Exact(0.0, 0.0)
    whole = whole_ticks(price, grid)
    if entry_ticks.low == 0.0 and not math.isnan(whole):
        return signed(side, two_sum(whole, -entry_ticks.high))
    return signed(side, ticks_between(price, entry, grid))


def observed(position: Position, tick: Tick, memory: Memory) -> Memory:
    """Return the memory with the best price and the last known ATR (rule 5)."""
    atr = memory.atr if math.isnan(tick.atr) else tick.atr
    first = atr if math.isnan(memory.atr_at_entry) else memory.atr_at_entry
    best = better(position.side, memory.best, seen_price(tick))
    return Memory(memory.stop, best, memory.level, atr, first, memory.smart, memory.guard)


def update_levels(position: Position, view: View, memory: Memory, engines: EngineSet) -> Memory:
    """Return the memory with the tightest level cleared so far, and the engines' own memories (rules 6 and 7)."""
    level, smart, guard = memory.level, memory.smart, memory.guard
    if engines.hand:
        offered = hand_span(view, engines.hand_options)
        level = tightest(position, memory.best, level, offered.breakeven)
        level = tightest(position, memory.best, level, NO_LEVEL if engines.virtual_hand else offered.trail)
    if engines.smart:
        smart = remember_smart(view, smart, engines.smart_options)
        offered = smart_trail(view, smart, engines.smart_options, share_of(position.side, engines))
        level = tightest(position, memory.best, level, offered.breakeven)
        level = tightest(position, memory.best, level, offered.trail)
    if engines.guard:
        guard = remember_guard(view, guard, engines.guard_options)
        offered = atr_guard(view, guard, engines.guard_options)
        level = tightest(position, memory.best, level, offered.breakeven)
        level = tightest(position, memory.best, level, offered.trail)
    if engines.ladder:
        offered = r_ladder(view, engines.ladder_options)
        level = tightest(position, memory.best, level, offered.breakeven)
        level = tightest(position, memory.best, level, offered.trail)
    return Memory(memory.stop, memory.best, level, memory.atr, memory.atr_at_entry, smart, guard)


def share_of(side: int, engines: EngineSet) -> Exact:
    """Return what is known of `smart_trail.usual_share_kept`."""
    return engines.long_share if side > 0 else engines.short_share


def tightest(position: Position, best: float, level: float, offered: Exact) -> float:
    """Return the tighter of a level and an offered one, if the best price has cleared the latter."""
    if math.isnan(offered.high):
        return level
    price = round_towards_market(position.side, offered, position.grid)
    if not tighter(position.side, best, price):
        return level
    return price if math.isnan(level) or tighter(position.side, price, level) else level


def decided(position: Position, tick: Tick, memory: Memory, engines: EngineSet) -> Step:
    """Decide one tick: `core.decide` without partial sales, for a position without a stop on the exchange."""
    side = position.side
    if beyond(side, tick.price, memory.stop):
        return Step(AT_THE_STOP, memory)
    seen = observed(position, tick, memory)
    view = view_of(position, tick, seen)
    if not math.isnan(tick.extreme):
        memory = update_levels(position, view, seen, engines)
    if tick.requested:
        return Step(REQUESTED, memory)
    if engines.bracket:
        profit = view.profit if view.price == tick.price else gained(position, tick.price)
        if at_least(profit, target_of(view, engines.bracket_options)):
            return Step(TAKES_PROFIT, memory)
    if at_least_as_old(view.age, engines.time_stop_hours, HOUR):
        return Step(TIME_STOP, memory)
    if is_waiting(side, memory):
        if beyond(side, tick.price, memory.level):
            return Step(CROSSED, memory)
        if tick.publishable:
            memory = Memory(
                memory.level, memory.best, memory.level, memory.atr, memory.atr_at_entry, memory.smart, memory.guard
            )
    return Step(HOLDS, memory)


def is_waiting(side: int, memory: Memory) -> bool:
    """Return True if a level is desired beyond the stop in force."""
    return not math.isnan(memory.level) and tighter(side, memory.level, memory.stop)


def next_gain(view: View, memory: Memory, engines: EngineSet, trailing: bool) -> float:
    """Return the gain in ticks below which no engine that looks at the best price alone changes its opinion.

    It is minus infinity if an engine may change its opinion before there is a new best price.

    Args:
        view: What the engines saw last.
        memory: The memory after that.
        engines: The engines.
        trailing: True if the trail of `smart_trail` is left out.
    """
    gain = math.inf
    if engines.hand and engines.steady_hand:
        gain = min(gain, next_of_hand(view, engines.hand_options))
    if engines.smart and engines.steady_smart and trailing:
        gain = min(gain, next_besides_trail(view, memory.smart, engines.smart_options))
    elif engines.smart and engines.steady_smart:
        gain = min(gain, next_of_smart(view, memory.smart, engines.smart_options))
    if engines.ladder and engines.steady_ladder:
        gain = min(gain, next_of_ladder(view, engines.ladder_options))
    return gain if gain >= view.gain.high else -math.inf
