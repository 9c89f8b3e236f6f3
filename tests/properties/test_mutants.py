"""Planted bugs: each is caught by the laws of lives, the answer sheets or the oracle."""

from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from robustop_plugin.lab.simulate import simulate
from tests.engines import test_atr_guard, test_bracket, test_hand_span, test_r_ladder, test_smart_trail
from tests.oracle import steps_of
from tests.protections import test_protections
from tests.support import answer_sheets, mutants_of_the_engines, mutants_of_the_step
from tests.support.engine_options import ABSOLUTE, POOLS, alone, composed
from tests.support.laws import LAWS, is_steady
from tests.support.remembered import forget_results
from tests.support.scenarios import lives_of
from tests.support.strategies import cases

LIVES, CASES = 120, 250
"""Number of inputs of each kind."""

MUTANTS = {**mutants_of_the_step.MUTANTS, **mutants_of_the_engines.MUTANTS}

ANSWERS: dict[str, Callable[[answer_sheets.Row], dict[str, Any]]] = {
    "hand_span": test_hand_span.answer,
    "hand_span_portion": test_hand_span.answer_of_portion,
    "smart_trail": test_smart_trail.answer,
    "atr_guard": test_atr_guard.answer,
    "r_ladder": test_r_ladder.answer,
    "bracket": test_bracket.answer,
    "protections": test_protections.answer,
}
"""How a row of each answer sheet becomes a case."""


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
def lives_with(names: tuple[str, ...]) -> list[Any]:
    """Return lives with each of these engines alone, and with several of them."""
    kinds = [*map(alone, names), composed(names), composed(names)]
    return [life for kind in kinds for life in drawn(lives_of(kind), LIVES)]


def answered() -> list[Any]:
    """Return every row of the answer sheets, with its case."""
    return [(row, answer(row)) for name, answer in ANSWERS.items() for row in answer_sheets.sheet(name)]


def judged() -> list[Any]:
    """Return cases with the answers of the oracle, where the real code agrees."""
    examples = [*drawn(cases(), CASES), *drawn(cases(on_exchange=True), CASES)]
    known = [(case, steps_of(case)) for case in examples]
    agreed = [(case, steps) for case, steps in known if simulate(case)["steps"] == steps]
    assert len(agreed) > len(known) * 0.9
    return agreed


def agrees(case: dict[str, Any], steps: list[dict[str, Any]]) -> None:
    """Assert that the steps of a case are those of the oracle."""
    assert simulate(case)["steps"] == steps


CHECKS: dict[str, Callable[[Any], None]] = {
    **LAWS,
    "answers": lambda one: answer_sheets.check(*one),
    "oracle": lambda one: agrees(*one),
}
INPUTS: dict[str, Callable[[], list[Any]]] = {
    **{law: lambda: lives_with(tuple(POOLS)) for law in LAWS},
    "L7": lambda: lives_with(ABSOLUTE),
    "L12": lambda: [life for life in lives_with(tuple(POOLS)) if is_steady(life)],
    "answers": answered,
    "oracle": judged,
}
"""The inputs of each check."""


@cache
def inputs(check: str) -> list[Any]:
    """Return the inputs of a check, generated once with the real code."""
    return INPUTS[check]()


def fails(check: str) -> bool:
    """Return True if a check fails on any of its inputs."""
    for case in inputs(check):
        try:
            CHECKS[check](case)
        except (AssertionError, pytest.fail.Exception):
            return True
    return False


@pytest.mark.parametrize("check", CHECKS)
def test_real_code_passes(check: str) -> None:
    """Without a planted bug no check fails on these inputs."""
    assert not fails(check)


@pytest.mark.parametrize("check", CHECKS)
def test_every_check_can_fail(check: str) -> None:
    """Each law, the answer sheets and the oracle are named as the killer of some mutant."""
    assert any(check in killers.split() for killers, _ in MUTANTS.values())


@pytest.mark.parametrize("name", MUTANTS)
def test_mutant_is_killed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every check named with a planted bug catches it; laws of single parts are tested separately."""
    killers, patches = MUTANTS[name]
    checks = [check for check in killers.split() if check in CHECKS]
    for check in checks:
        inputs(check)
    for (module, attribute), value in patches.items():
        monkeypatch.setattr(module, attribute, value)
    forget_results()
    assert [check for check in checks if not fails(check)] == []
