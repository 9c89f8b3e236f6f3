"""Planted bugs in the engines, their composition and the sales: the checks that catch each, and what it replaces."""

import math
from collections.abc import Callable
from typing import Any

from robustop_plugin import protections
from robustop_plugin.core import decide as step
from robustop_plugin.core import exits, levels, memory
from robustop_plugin.core.decision import Phase, Progress
from robustop_plugin.core.engine import Engine, View
from robustop_plugin.core.exact import Exact, decimal
from robustop_plugin.core.memory import Outcome, filled
from robustop_plugin.engines import atr_guard, bracket, r_ladder, registry, smart_trail
from robustop_plugin.settings import blocks
from robustop_plugin.settings import engines as engine_blocks
from tests.support.laws import sale_of
from tests.support.mutants_of_the_step import Mutants, observed, strictly

Patch = dict[tuple[Any, str], Any]


def engine_with(name: str, **functions: Any) -> Patch:
    """Return the patch that replaces functions of an engine."""
    changed = registry.ENGINES[name]._replace(**functions)
    return {(registry, "ENGINES"): {**registry.ENGINES, name: changed}}


def seeing(function: Callable[..., Any], **changes: Callable[[View], Any]) -> Callable[..., Any]:
    """Return an engine function that gets a view with some parts replaced."""

    def blurred(view: View, *kept: Any, options: Any) -> Any:
        other = {part: change(view) for part, change in changes.items()}
        return function(view._replace(**other), *kept, options=options)

    return blurred


def wanting(function: Callable[..., Any], **changes: Any) -> Callable[..., Any]:
    """Return an engine function that runs with other options."""
    return lambda view, *kept, options: function(view, *kept, options=options._replace(**changes))


def long_whatever(side: int, number: Exact) -> Exact:
    """Return the number as for a long."""
    return number


def asleep_again(view: View, kept: Any, options: Any) -> Any:
    """Return the memory of `smart_trail` as if it were still inactive."""
    return smart_trail.remember(view, smart_trail.SmartTrailMemory(protected=kept.protected), options)


def counting(view: View, kept: Any, options: Any) -> Any:
    """Return the memory of `smart_trail`, with the best price slightly better on each call."""
    after = smart_trail.remember(view, kept, options)
    return after._replace(best=after.best * (1 + view.side * 2.0**-40))


def alone_in_the_world(engine: Engine, view: View, kept: Any) -> Any:
    """Return the memory of one engine without that of the others."""
    after = real_remembered(engine, view, kept)
    return {engine.name: after[engine.name]} if engine.name in after else after


def taken_when_asked(*known: Any) -> Outcome:
    """Return the outcome of a step that counts a requested order as filled."""
    outcome = real_decide(*known)
    sale = sale_of(outcome)
    return outcome if sale is None else outcome._replace(memory=filled(outcome.memory, sale.progress))


def selling(change: Callable[[Progress], Progress]) -> Callable[..., Any]:
    """Return the sales function with a wrong idea of what was sold."""

    def sale_due(profit: Exact, risk: Exact, progress: Progress, at_virtual: bool, **settings: Any) -> Any:
        return real_sale_due(profit, risk, change(progress), at_virtual, **settings)

    return sale_due


def fixed_ratio(block: Any, breakeven: Any, pair: str | None) -> Engine:
    """Return the bracket with the ratio shared by all pairs."""
    return real_build(block, breakeven, None)


real_decide, real_ask, real_remembered, real_distance = (
    step.decide,
    levels.update_levels,
    levels.with_engine_memory,
    smart_trail.distance,
)
real_sale_due, real_build, real_engine_of = (
    protections.sale_due,
    engine_blocks.Bracket.build,
    engine_blocks.engine_of,
)
RealGuardMemory = atr_guard.AtrGuardMemory


def without_a_virtual_trail(name: str, options: Any, *, virtual_trail: bool = False, **named: bool) -> Any:
    """Build an engine whose trail is a stop."""
    return real_engine_of(name, options, **named)


MUTANTS: Mutants = {
    "smart_trail wakes at the best price": (
        "answers",
        engine_with("smart_trail", remember=seeing(smart_trail.remember, profit=lambda view: view.gain)),
    ),
    "smart_trail wakes too late": ("answers", {(smart_trail, "at_least"): strictly}),
    "smart_trail falls asleep again": ("answers", engine_with("smart_trail", remember=asleep_again)),
    "smart_trail follows the last price": (
        "answers L17",
        {(smart_trail, "better"): lambda side, first, second: second},
    ),
    "smart_trail counts how often it is asked": ("L3 L10", engine_with("smart_trail", remember=counting)),
    "smart_trail of a short as of a long": ("answers", {(smart_trail, "signed"): long_whatever}),
    "smart_trail never waits": (
        "answers",
        {(smart_trail, "at_least_as_old"): lambda age, count, unit: not math.isinf(count)},
    ),
    "momentum ignored": (
        "answers",
        {(smart_trail, "distance"): lambda view, options: decimal(options.distance_percent)},
    ),
    "momentum of a short as of a long": (
        "answers",
        {(smart_trail, "distance"): lambda view, options: real_distance(view._replace(side=1), options)},
    ),
    "smart_trail promises to sleep": ("L12", {(smart_trail, "gain_of"): lambda view, percent: math.inf}),
    "atr_guard trails at once": (
        "answers L18",
        {(atr_guard, "AtrGuardMemory"): lambda armed=False, since=0.0: RealGuardMemory(armed, -1.0)},
    ),
    "atr_guard arms at the best price": (
        "answers",
        engine_with("atr_guard", remember=seeing(atr_guard.remember, profit=lambda view: view.gain)),
    ),
    "atr_guard arms too late": ("answers L18", {(atr_guard, "at_least"): strictly}),
    "atr_guard arms anew": (
        "answers",
        engine_with(
            "atr_guard",
            remember=lambda view, kept, options: atr_guard.remember(view, RealGuardMemory(), options),
        ),
    ),
    "atr_guard always with fees": ("answers", engine_with("atr_guard", offer=wanting(atr_guard.atr_guard, fees=True))),
    "atr_guard with the ATR of the entry": (
        "answers",
        engine_with("atr_guard", offer=seeing(atr_guard.atr_guard, atr=lambda view: view.atr_at_entry)),
    ),
    "atr_guard of a short as of a long": ("L7 answers", {(atr_guard, "signed"): long_whatever}),
    "r_ladder always with fees": ("answers", engine_with("r_ladder", offer=wanting(r_ladder.r_ladder, fees=True))),
    "r_ladder rungs reached too late": ("answers L19", {(r_ladder, "at_least"): strictly}),
    "r_ladder stops at its second rung": (
        "answers L19",
        engine_with(
            "r_ladder",
            offer=lambda view, options: r_ladder.r_ladder(view, options._replace(rungs=options.rungs[:2])),
        ),
    ),
    "r_ladder of a short as of a long": ("L7 answers", {(r_ladder, "signed"): long_whatever}),
    "r_ladder promises for ever": ("L12 L57", engine_with("r_ladder", next_change=lambda view, options: math.inf)),
    "r_ladder promises an uncleared breakeven": (
        "L12",
        {(r_ladder, "next_clearing"): lambda view, level: math.inf},
    ),
    "smart_trail promises an uncleared breakeven": (
        "L12",
        {(smart_trail, "next_clearing"): lambda view, level: math.inf},
    ),
    "hand_span promises for ever": (
        "L12 L57",
        engine_with("hand_span", next_change=lambda view, options: math.inf),
    ),
    "bracket takes profit too late": ("answers", {(exits, "at_least"): strictly}),
    "bracket not clamped": ("answers L20", {(bracket, "at_least"): lambda first, second: False}),
    "bracket with the last ATR": (
        "answers",
        engine_with("bracket", target=seeing(bracket.target, atr_at_entry=lambda view: view.atr)),
    ),
    "bracket without the ATR of this tick": ("answers", {(exits, "observe"): lambda position, tick, known: known}),
    "bracket without a regime": (
        "answers",
        engine_with("bracket", target=seeing(bracket.target, regime=lambda view: 0)),
    ),
    "bracket without pairs": ("answers", {(engine_blocks.Bracket, "build"): fixed_ratio}),
    "only the first engine is asked": (
        "L11 L24",
        {
            (step, "update_levels"): lambda position, tick, known, rules: real_ask(
                position, tick, known, rules._replace(engines=rules.engines[:1])
            )
        },
    ),
    "engines forget each other": ("L10", {(levels, "with_engine_memory"): alone_in_the_world}),
    "rungs sold again": ("L3 L9 answers L40", {(blocks, "sale_due"): selling(lambda known: Progress())}),
    "portion sold again": (
        "L3 answers",
        {(blocks, "sale_due"): selling(lambda known: known._replace(portion=False))},
    ),
    "asking is taking": ("L9 L40", {(step, "decide"): taken_when_asked}),
    "more than all is sold": ("L9 answers L39", {(protections, "ONE"): Exact(2.0, 0.0)}),
    "rungs reached too late": ("answers L39", {(protections, "at_least"): strictly}),
    "float fractions": (
        "answers",
        {
            (protections, "add"): lambda first, second: Exact(first.high + second.high, 0.0),
            (protections, "subtract"): lambda first, second: Exact(first.high - second.high, 0.0),
        },
    ),
    "no phase for rungs": ("answers L40", {(memory, "phase_taken"): lambda rungs: Phase.INITIAL_RISK}),
    "portion trailed by a stop": (
        "answers",
        {
            (engine_blocks, "engine_of"): without_a_virtual_trail,
        },
    ),
    "virtual level forgotten": (
        "answers",
        {(step, "observe"): observed(lambda known, tick, position: known._replace(virtual=None))},
    ),
    "a sale moves the stop": (
        "L9",
        {
            (step, "decide"): lambda *known: (outcome := real_decide(*known))._replace(
                memory=outcome.memory
                if sale_of(outcome) is None
                else outcome.memory._replace(stop=known[0].initial_stop)
            )
        },
    ),
}
