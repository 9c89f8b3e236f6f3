"""One step of a position, in scalars: the rules of `core.decide` around the very engine functions.

`decide` remembers in named tuples with names and options in them, for a person to read and a database to keep. Here
each engine has a place of its own and no number is None but NaN, so that a compiler for scalar Python takes it. What
is calculated are the core's own functions; a test walks both through the same ticks.
"""

import math
from typing import NamedTuple

from robustop_plugin.core.durations import HOUR, at_least_as_old
from robustop_plugin.core.engine import NO_LEVEL, View
from robustop_plugin.core.exact import Exact, at_least, difference, two_sum
from robustop_plugin.core.grid import Grid, round_towards_market, ticks_between, to_ticks, whole_ticks
from robustop_plugin.core.side import better, beyond, signed, tighter
from robustop_plugin.engines.atr_guard import AtrGuardMemory, AtrGuardOptions, atr_guard
from robustop_plugin.engines.atr_guard import remember as remember_guard
from robustop_plugin.engines.bracket import BracketOptions
from robustop_plugin.engines.bracket import target as target_of
from robustop_plugin.engines.hand_span import HandSpanOptions, hand_span
from robustop_plugin.engines.hand_span import next_change as next_of_hand
from robustop_plugin.engines.r_ladder import RLadderOptions, r_ladder
from robustop_plugin.engines.r_ladder import next_change as next_of_ladder
from robustop_plugin.engines.smart_trail import SmartTrailMemory, SmartTrailOptions, next_besides_trail, smart_trail
from robustop_plugin.engines.smart_trail import next_change as next_of_smart
from robustop_plugin.engines.smart_trail import remember as remember_smart

HOLDS, AT_THE_STOP, TAKES_PROFIT, TIME_STOP, CROSSED = 0, 1, 2, 3, 4
"""What a step says."""


class EngineSet(NamedTuple):
    """Which engines are asked, with their options; of those that are not, the options are any.

    Attributes:
        hand: whether `hand_span` is asked; likewise the other names.
        steady_hand: its opinion changes with the best price alone; likewise the others.
        time_stop_hours: age at which a position is left; infinite switches it off.
        follows_atr: an engine looks at the ATR after the entry.
        virtual_hand: the trail of `hand_span` is no stop: a portion is sold at it.
    """

    hand: bool
    steady_hand: bool
    hand_options: HandSpanOptions
    smart: bool
    steady_smart: bool
    smart_options: SmartTrailOptions
    guard: bool
    guard_options: AtrGuardOptions
    ladder: bool
    steady_ladder: bool
    ladder_options: RLadderOptions
    bracket: bool
    bracket_options: BracketOptions
    time_stop_hours: float
    follows_atr: bool
    virtual_hand: bool


class Position(NamedTuple):
    """A position as its first fill left it: `core.facts.Position` in scalars; NaN and 0 for what was not known."""

    side: int
    grid: Grid
    tick_size: float
    entry: float
    entry_ticks: Exact
    risk: Exact
    initial_stop: float
    opened_at: float
    atr_mean: float
    regime: int


class Tick(NamedTuple):
    """One look at the market: `core.facts.Tick` in scalars; NaN for what is not known."""

    time: float
    price: float
    candle: float
    atr: float
    momentum: float
    breakeven: float
    publishable: bool


class Memory(NamedTuple):
    """What is remembered: `core.memory.Memory` in scalars; NaN for what is not known."""

    stop: float
    best: float
    level: float
    atr: float
    atr_at_entry: float
    smart: SmartTrailMemory
    guard: AtrGuardMemory


class Step(NamedTuple):
    """What a step says, and the state after it."""

    says: int
    state: Memory


def fresh(place: Position, atr: float) -> Memory:
    """Return the state of a position that was just opened."""
    smart, guard = SmartTrailMemory(False, 0.0, False), AtrGuardMemory(False, 0.0)
    return Memory(place.initial_stop, place.entry, math.nan, atr, atr, smart, guard)


def view_of(place: Position, look: Tick, state: Memory) -> View:
    """Return what engines see."""
    side, grid = place.side, place.grid
    gain = gained(place, state.best)
    breakeven = NO_LEVEL if math.isnan(look.breakeven) else to_ticks(look.breakeven, grid)
    return View(
        side,
        grid,
        place.entry_ticks,
        place.risk,
        place.entry_ticks if state.best == place.entry else to_ticks(state.best, grid),
        gain,
        look.price,
        gain if look.price == state.best else gained(place, look.price),
        difference(look.time, place.opened_at).high,
        look.candle,
        state.atr,
        state.atr_at_entry,
        place.atr_mean,
        place.regime,
        look.momentum,
        breakeven,
    )


def gained(place: Position, price: float) -> Exact:
    """Return the profit of a position at a price, in ticks."""
    return gain_at(place.side, place.grid, place.entry, place.entry_ticks, price)


def gain_at(side: int, grid: Grid, entry: float, entry_ticks: Exact, price: float) -> Exact:
    """Return what is gained from an entry to a price, in ticks."""
    # Often it is the entry itself.
    if price == entry:
        return Exact(0.0, 0.0)
    whole = whole_ticks(price, grid)
    if entry_ticks.low == 0.0 and not math.isnan(whole):
        return signed(side, two_sum(whole, -entry_ticks.high))
    return signed(side, ticks_between(price, entry, grid))


def observed(place: Position, look: Tick, state: Memory) -> Memory:
    """Return the state with the best price and the last known ATR (rule 5)."""
    atr = state.atr if math.isnan(look.atr) else look.atr
    first = atr if math.isnan(state.atr_at_entry) else state.atr_at_entry
    best = better(place.side, state.best, look.price)
    return Memory(state.stop, best, state.level, atr, first, state.smart, state.guard)


def asked(place: Position, view: View, state: Memory, choice: EngineSet) -> Memory:
    """Return the state with the tightest level that was ever cleared, and what engines keep (rules 6 and 7)."""
    level, smart, guard = state.level, state.smart, state.guard
    if choice.hand:
        offered = hand_span(view, choice.hand_options)
        level = tightest(place, state.best, level, offered.breakeven)
        level = tightest(place, state.best, level, NO_LEVEL if choice.virtual_hand else offered.trail)
    if choice.smart:
        smart = remember_smart(view, smart, choice.smart_options)
        offered = smart_trail(view, smart, choice.smart_options)
        level = tightest(place, state.best, level, offered.breakeven)
        level = tightest(place, state.best, level, offered.trail)
    if choice.guard:
        guard = remember_guard(view, guard, choice.guard_options)
        offered = atr_guard(view, guard, choice.guard_options)
        level = tightest(place, state.best, level, offered.breakeven)
        level = tightest(place, state.best, level, offered.trail)
    if choice.ladder:
        offered = r_ladder(view, choice.ladder_options)
        level = tightest(place, state.best, level, offered.breakeven)
        level = tightest(place, state.best, level, offered.trail)
    return Memory(state.stop, state.best, level, state.atr, state.atr_at_entry, smart, guard)


def tightest(place: Position, best: float, level: float, offered: Exact) -> float:
    """Return the tighter of a level and an offered one, where the best price has cleared it."""
    if math.isnan(offered.high):
        return level
    price = round_towards_market(place.side, offered, place.grid)
    if not tighter(place.side, best, price):
        return level
    return price if math.isnan(level) or tighter(place.side, price, level) else level


def decided(place: Position, look: Tick, state: Memory, choice: EngineSet) -> Step:
    """Return what to do at one look at the market: `core.decide`, without sales, on no exchange."""
    side = place.side
    if beyond(side, look.price, state.stop):
        return Step(AT_THE_STOP, state)
    state = observed(place, look, state)
    view = view_of(place, look, state)
    state = asked(place, view, state, choice)
    if choice.bracket and at_least(view.profit, target_of(view, choice.bracket_options)):
        return Step(TAKES_PROFIT, state)
    if at_least_as_old(view.age, choice.time_stop_hours, HOUR):
        return Step(TIME_STOP, state)
    if is_waiting(side, state):
        if beyond(side, look.price, state.level):
            return Step(CROSSED, state)
        if look.publishable:
            state = Memory(
                state.level, state.best, state.level, state.atr, state.atr_at_entry, state.smart, state.guard
            )
    return Step(HOLDS, state)


def is_waiting(side: int, state: Memory) -> bool:
    """Return whether a level is desired beyond the stop in force."""
    return not math.isnan(state.level) and tighter(side, state.level, state.stop)


def next_gain(view: View, state: Memory, choice: EngineSet, trailing: bool) -> float:
    """Return the gain in ticks up to which no engine changes its opinion that changes it with the best price alone.

    Minus infinity where one may change it before there is a new best price.

    Args:
        view: what engines saw last.
        state: after that.
        choice: the engines.
        trailing: the trail of `smart_trail` is left out.
    """
    gain = math.inf
    if choice.hand and choice.steady_hand:
        gain = min(gain, next_of_hand(view, choice.hand_options))
    if choice.smart and choice.steady_smart and trailing:
        gain = min(gain, next_besides_trail(view, state.smart, choice.smart_options))
    elif choice.smart and choice.steady_smart:
        gain = min(gain, next_of_smart(view, state.smart, choice.smart_options))
    if choice.ladder and choice.steady_ladder:
        gain = min(gain, next_of_ladder(view, choice.ladder_options))
    return gain if gain >= view.gain.high else -math.inf
