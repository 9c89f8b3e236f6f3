"""Planted bugs: each is caught by the laws or the oracle named beside it, so none of them is for show."""

import math
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from types import FunctionType
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from robustop_plugin.core import decide as step
from robustop_plugin.core import decision, facts, gate, memory
from robustop_plugin.core.exact import Exact, subtract
from robustop_plugin.engines import breakeven, hand_span
from robustop_plugin.lab.simulate import simulate
from tests import contract
from tests.contract import LAWS, lives
from tests.engines.test_hand_span import TestHandSpanContract as Contract
from tests.oracle import steps_of
from tests.properties.strategies import cases

Patch = Callable[..., None]
LIVES, CASES = 500, 700


def drawn(strategy: st.SearchStrategy[Any], count: int) -> list[Any]:
    """Return the same examples of a strategy every time."""
    examples = []

    @given(strategy)
    @settings(max_examples=count, derandomize=True, database=None, deadline=None, phases=[Phase.generate])
    def collect(example: Any) -> None:
        examples.append(example)

    collect()
    return examples


@cache
def inputs(check: str) -> list[Any]:
    """Return what a check is tried on; for the oracle, cases with its answers, where the real code agrees."""
    if check in LAWS:
        return drawn(lives(Contract.name, Contract.blocks), LIVES)
    examples = [*drawn(cases(), CASES), *drawn(cases(on_exchange=True), CASES)]
    answered = [(case, steps_of(case)) for case in examples]
    agreed = [(case, steps) for case, steps in answered if simulate(case)["steps"] == steps]
    assert len(agreed) > len(answered) * 0.9
    return agreed


def fails(check: str) -> bool:
    """Return whether a law, or the oracle, is broken on any of its inputs."""
    for one in inputs(check):
        try:
            if check in LAWS:
                LAWS[check](one)
            else:
                case, steps = one
                assert simulate(case)["steps"] == steps
        except (AssertionError, pytest.fail.Exception):
            return True
    return False


def strictly(first: Exact, second: Exact) -> bool:
    """Return whether `first > second`, where the step means `>=`."""
    return subtract(first, second).high > 0


def forgetful(state: memory.TradeState) -> dict[str, Any]:
    """Return the state as data, with the best price forgotten."""
    data = memory.to_dict(state)
    data["memory"]["best"] = state.position.entry
    return data


def without_level(state: memory.TradeState) -> dict[str, Any]:
    """Return the state as data, with the remembered level forgotten."""
    return memory.to_dict(replace(state, memory=state.memory._replace(level=None)))


def haunted() -> Callable[[int, float, float], float]:
    """Return a best price that lives on from one position to the next."""
    seen = []

    def best(side: int, first: float, second: float) -> float:
        seen.append(second)
        return max(first, second, sum(seen[-2:]) / 2) if side > 0 else min(first, second)

    return best


def exits_as_before() -> Callable[..., Any]:
    """Return rules 1 to 4 untouched by what is patched beside them."""
    return FunctionType(step.exit_at_once.__code__, dict(vars(step)))


real_breakeven, real_observe, real_round = (
    breakeven.breakeven_net_of_costs,
    step.observe,
    step.round_towards_market,
)
real_opens, real_grid, real_view, real_scale = gate.opens, facts.grid_of, step.view_of, hand_span.span_scale

MUTANTS: dict[str, tuple[str, dict[tuple[Any, str], Any]]] = {
    "ratchet dropped": (
        "p1_ratchet p2_silence oracle",
        {(step, "observe"): lambda *known: real_observe(*known)._replace(level=None, stop=known[0].initial_stop)},
    ),
    "whatever differs is tighter": ("oracle", {(step, "tighter"): lambda side, price, than: price != than}),
    "equal is tighter": (
        "p2_silence p3_pure oracle",
        {(step, "tighter"): lambda side, price, than: side * (price - than) >= 0},
    ),
    "best price haunts": ("p3_pure oracle", {(step, "better"): haunted()}),
    "state forgets its best": ("p4_round_trip p5_restart", {(contract, "to_dict"): forgetful}),
    "state forgets its level": ("p4_round_trip p5_restart", {(contract, "to_dict"): without_level}),
    "fixed grid": ("p6_scale oracle", {(facts, "grid_of"): lambda tick_size: real_grid(1e-9)}),
    "short as long": (
        "p7_mirror oracle",
        {(hand_span, "signed"): lambda side, number: number, (breakeven, "signed"): lambda side, number: number},
    ),
    "NaN is a price": ("p8_refusal", {(facts, "is_price"): lambda value: True}),
    "forgets its best price": ("oracle", {(step, "better"): lambda side, first, second: second}),
    "lag two": ("oracle", {(hand_span, "LAG"): 2.0}),
    "lag none": ("oracle", {(hand_span, "LAG"): 0.0}),
    "float prices": (
        "oracle",
        {(facts, "ticks_between"): lambda first, second, grid: Exact((first - second) * grid.scale / grid.step, 0.0)},
    ),
    "float spans": (
        "oracle",
        {
            (hand_span, "divide"): lambda first, second: Exact(first.high / second.high, 0.0),
            (hand_span, "multiply"): lambda first, second: Exact(first.high * second.high, 0.0),
            (hand_span, "floor"): lambda number: float(math.floor(number.high)),
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
        "oracle",
        {(step, "round_towards_market"): lambda side, ticks, grid: real_round(-side, ticks, grid)},
    ),
    "initial stop not rounded": (
        "oracle",
        {(facts, "round_towards_market"): lambda side, ticks, grid: ticks.high * grid.step / grid.scale},
    ),
    "level not remembered": (
        "oracle",
        {(step, "observe"): lambda *known: real_observe(*known)._replace(level=None)},
    ),
    "crossed level ignored": (
        "oracle",
        {(step, "exit_at_once"): exits_as_before(), (step, "beyond"): lambda side, price, level: False},
    ),
    "stop not hit at the stop": ("oracle", {(step, "beyond"): lambda side, price, level: side * (price - level) < 0}),
    "never protected": ("oracle", {(step, "phase_of"): lambda position, stop: decision.Phase.INITIAL_RISK}),
    "gate always open": ("oracle", {(step, "is_held_back"): lambda *known: False}),
    "gate never rests": (
        "oracle",
        {(step, "opens"): lambda rules, side, stop, level, since: real_opens(rules, side, stop, level, math.inf)},
    ),
    "gate opens beyond its bounds": ("oracle", {(gate, "at_least"): strictly}),
    "improvement in percent of the level": (
        "oracle",
        {(step, "opens"): lambda rules, side, stop, level, since: real_opens(rules, -side, level, stop, since)},
    ),
    "adaptive ignored": (
        "oracle",
        {(hand_span, "span_scale"): lambda atr, first, smallest: real_scale(atr, first, 1.0)},
    ),
    "scale not clamped": (
        "oracle",
        {(hand_span, "at_least"): lambda first, second: True},
    ),
    "ATR the wrong way around": (
        "oracle",
        {(hand_span, "span_scale"): lambda atr, first, smallest: real_scale(first, atr, smallest)},
    ),
    "ATR at entry is the last": (
        "oracle",
        {(step, "observe"): lambda *known: (seen := real_observe(*known))._replace(atr_at_entry=seen.atr)},
    ),
    "ATR forgotten": ("oracle", {(step, "observe"): lambda *known: real_observe(*known)._replace(atr=known[1].atr)}),
    "tightens too late": ("oracle", {(hand_span, "at_least"): strictly}),
    "age since the epoch": (
        "oracle",
        {(step, "view_of"): lambda position, tick, *known: real_view(position, tick, *known)._replace(age=tick.time)},
    ),
}


@pytest.mark.parametrize("check", [*LAWS, "oracle"])
def test_real_code_passes(check: str) -> None:
    """Without a planted bug no check fails on these inputs."""
    assert not fails(check)


@pytest.mark.parametrize("check", [*LAWS, "oracle"])
def test_every_check_can_fail(check: str) -> None:
    """Each law, and the oracle, is named as the killer of some mutant."""
    assert any(check in killers.split() for killers, _ in MUTANTS.values())


@pytest.mark.parametrize("name", MUTANTS)
def test_mutant_is_killed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every check named beside a planted bug catches it."""
    killers, patches = MUTANTS[name]
    for check in killers.split():
        inputs(check)
    for (module, attribute), value in patches.items():
        monkeypatch.setattr(module, attribute, value)
    assert [check for check in killers.split() if not fails(check)] == []
