"""Planted bugs in the step, the gate, the state and `hand_span`: the checks that catch each, and what it replaces."""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from robustop_plugin.core import decide as step
from robustop_plugin.core import decision, durations, exits, facts, gate, levels, memory, trade_state
from robustop_plugin.core.exact import Exact, subtract
from robustop_plugin.engines import breakeven, hand_span
from tests.support import laws

Mutants = dict[str, tuple[str, dict[tuple[Any, str], Any]]]
"""By name: the checks that catch the bug, and the new value of each attribute."""


def strictly(first: Exact, second: Exact) -> bool:
    """Return `first > second` where the step means `>=`."""
    return subtract(first, second).high > 0


def forgetful(state: trade_state.TradeState) -> dict[str, Any]:
    """Return the state as data without the best price."""
    data = trade_state.to_dict(state)
    data["memory"]["best"] = state.position.entry
    return data


def without(**forgotten: Any) -> Callable[[trade_state.TradeState], dict[str, Any]]:
    """Return a state writer that drops a part of the memory."""
    return lambda state: trade_state.to_dict(replace(state, memory=state.memory._replace(**forgotten)))


def haunted() -> Callable[[int, float, float], float]:
    """Return a best price that leaks from one position to the next."""
    seen = []

    def best(side: int, first: float, second: float) -> float:
        seen.append(second)
        return max(first, second, sum(seen[-2:]) / 2) if side > 0 else min(first, second)

    return best


def observed(change: Callable[[memory.Memory, facts.Tick, facts.Position], memory.Memory]) -> Any:
    """Return an observer that records a tick and then changes the memory."""
    return lambda position, tick, known: change(real_observe(position, tick, known), tick, position)


def unclear(side: int, price: float, than: float) -> bool:
    """Return whether two prices differ, where the step asks which is tighter."""
    return price != than


def at_least_as_tight(side: int, price: float, than: float) -> bool:
    """Return whether a stop is at least as tight, where the step asks for tighter."""
    return side * (price - than) >= 0


real_breakeven, real_observe, real_round = (
    breakeven.breakeven_net_of_costs,
    levels.observe,
    levels.round_towards_market,
)
real_opens, real_grid, real_view, real_scale = gate.opens, facts.grid_of, levels.view_of, hand_span.span_scale
real_takes_profit = exits.takes_profit

MUTANTS: Mutants = {
    "ratchet dropped": (
        "L1 L2 oracle",
        {
            (step, "observe"): observed(
                lambda known, tick, position: known._replace(level=None, stop=position.initial_stop)
            )
        },
    ),
    "whatever differs is tighter": ("oracle", {(step, "tighter"): unclear, (levels, "tighter"): unclear}),
    "equal is tighter": (
        "L2 L3 oracle answers",
        {(step, "tighter"): at_least_as_tight, (levels, "tighter"): at_least_as_tight},
    ),
    "best price haunts": ("L3 oracle", {(levels, "better"): haunted()}),
    "state forgets its best": ("L4 L5", {(laws, "to_dict"): forgetful}),
    "state forgets its level": ("L4 L5", {(laws, "to_dict"): without(level=None)}),
    "state forgets what engines keep": ("L4 L5", {(laws, "to_dict"): without(kept={})}),
    "state forgets what was sold": (
        "L4 L5",
        {(laws, "to_dict"): without(progress=decision.Progress())},
    ),
    "state forgets the virtual level": ("L4 L5", {(laws, "to_dict"): without(virtual=None)}),
    "fixed grid": ("L6 oracle", {(facts, "grid_of"): lambda tick_size: real_grid(1e-9)}),
    "short as long": (
        "L7 oracle answers",
        {(hand_span, "signed"): lambda side, number: number, (breakeven, "signed"): lambda side, number: number},
    ),
    "NaN is a price": ("L8", {(facts, "is_price"): lambda value: True}),
    "forgets its best price": ("oracle L14", {(levels, "better"): lambda side, first, second: second}),
    "lag two": ("oracle L16", {(hand_span, "LAG"): 2.0}),
    "lag none": ("oracle L16", {(hand_span, "LAG"): 0.0}),
    "float prices": (
        "oracle L21",
        {(facts, "ticks_between"): lambda first, second, grid: Exact((first - second) * grid.scale / grid.step, 0.0)},
    ),
    "float spans": (
        "oracle L22 L23",
        {
            (hand_span, "divide"): lambda first, second: Exact(first.high / second.high, 0.0),
            (hand_span, "multiply"): lambda first, second: Exact(first.high * second.high, 0.0),
            (hand_span, "whole_times"): lambda first, second: float(math.floor(first.high / second.high)),
        },
    ),
    "breakeven without slippage": (
        "oracle",
        {(hand_span, "breakeven_net_of_costs"): lambda view, fee, slippage: real_breakeven(view, fee, 0.0)},
    ),
    "breakeven without fees": (
        "oracle",
        {(hand_span, "breakeven_net_of_costs"): lambda view, fee, slippage: real_breakeven(view, 0.0, slippage)},
    ),
    "rounds away from the market": (
        "oracle answers",
        {(levels, "round_towards_market"): lambda side, ticks, grid: real_round(-side, ticks, grid)},
    ),
    "initial stop not rounded": (
        "oracle answers",
        {(facts, "round_towards_market"): lambda side, ticks, grid: ticks.high * grid.step / grid.scale},
    ),
    "level not remembered": (
        "oracle answers",
        {(step, "observe"): observed(lambda known, tick, position: known._replace(level=None))},
    ),
    "crossed level ignored": ("oracle answers L28", {(step, "beyond"): lambda side, price, level: False}),
    "stop not hit at the stop": (
        "oracle answers L13",
        {(exits, "beyond"): lambda side, price, level: side * (price - level) < 0},
    ),
    "never protected": ("oracle answers", {(step, "phase_of"): lambda position, stop: decision.Phase.INITIAL_RISK}),
    "gate always open": ("oracle answers L26 L27", {(step, "is_held_back"): lambda *known: False}),
    "gate never rests": (
        "oracle answers L26 L27",
        {(step, "opens"): lambda rules, side, stop, level, since: real_opens(rules, side, stop, level, math.inf)},
    ),
    "gate opens beyond its bounds": ("oracle answers L25 L26", {(gate, "at_least"): strictly}),
    "improvement in percent of the level": (
        "oracle",
        {(step, "opens"): lambda rules, side, stop, level, since: real_opens(rules, -side, level, stop, since)},
    ),
    "adaptive ignored": (
        "oracle",
        {(hand_span, "span_scale"): lambda atr, first, smallest: real_scale(atr, first, 1.0)},
    ),
    "scale not clamped": ("oracle", {(hand_span, "at_least"): lambda first, second: True}),
    "ATR the wrong way around": (
        "oracle",
        {(hand_span, "span_scale"): lambda atr, first, smallest: real_scale(first, atr, smallest)},
    ),
    "ATR at entry is the last": (
        "oracle",
        {(step, "observe"): observed(lambda known, tick, position: known._replace(atr_at_entry=known.atr))},
    ),
    "ATR forgotten": (
        "oracle answers",
        {(step, "observe"): observed(lambda known, tick, position: known._replace(atr=tick.atr))},
    ),
    "age since the epoch": (
        "oracle",
        {(levels, "view_of"): lambda position, tick, *known: real_view(position, tick, *known)._replace(age=tick.time)},
    ),
    "time stop forgotten": ("answers", {(exits, "at_least_as_old"): lambda seconds, count, unit: False}),
    "whole hours count too late": ("oracle answers", {(durations, "at_least"): strictly}),
    "time stop in floats": (
        "answers",
        {(exits, "difference"): lambda first, second: Exact(first - second, 0.0)},
    ),
    "time stop before the take profit": (
        "answers L13",
        {
            (exits, "takes_profit"): lambda position, tick, known, rules: (
                tick.time - position.opened_at < rules.time_stop_hours * 3600
                and real_takes_profit(position, tick, known, rules)
            )
        },
    ),
}
