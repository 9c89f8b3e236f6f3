"""`simulate` against the oracle in exact rationals, and proof that the generators reach every rule."""

import json
import os
from collections import Counter
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from robustop_plugin.lab.simulate import simulate
from tests.oracle import judge, steps_of
from tests.support.compare_with_oracle import UNTOUCHED, drawn_by
from tests.support.markets import POWERS, Market, budget
from tests.support.near_misses import hair_case, hairs
from tests.support.rules import RULES
from tests.support.strategies import cases

OWN = Path(__file__).parents[1] / "answers" / "cases"
GIVEN = Path(os.environ.get("ROBUSTOP_VECTORS", OWN))
EXAMPLES = sorted({*OWN.glob("*.json"), *GIVEN.glob("*.json")})

KINDS = sorted(RULES)
ENGINES = ("hand_span", "smart_trail", "atr_guard", "r_ladder", "bracket")
NUMBERED = [pytest.param(kind, id=f"L{number}-{kind}") for number, kind in (*enumerate(ENGINES, 16), (24, "composed"))]
ROUND, ROUNDS = 50, 200
"""Cases per round and rounds at most until each rule is reached; most kinds need a few rounds."""


def found(engine: dict[str, Any] | None = None, gate: dict[str, Any] | None = None, **case: Any) -> dict[str, Any]:
    """Return a case with these options of the engine and this gate; by default a long from 100."""
    block = {"engines": [{"name": "hand_span", "fee_percent": 0, "slippage_percent": 0, **(engine or {})}]}
    settings = {**block, "partials": [], "gate": gate or {}}
    plain = {"side": "long", "entry": 100, "initial_stop": 90, "tick_size": 0.01, "on_exchange": gate is not None}
    return {**plain, "settings": settings, **case}


FOUND = {
    "the hour of tightening is the entry itself": found(
        {"tighten": {"after_hours": 0, "lag": 0.5}}, ticks=[{"t": 0, "price": 112}]
    ),
    "3.6 seconds after 0.7": found(
        {"tighten": {"after_hours": 0.001, "lag": 0.5}}, opened_at=0.7, ticks=[{"t": 4.3, "price": 112}]
    ),
    "0.2 seconds after 0.1": found(
        gate={"min_interval_s": 0.2, "emergency_percent": 1000}, opened_at=0.1, ticks=[{"t": 0.3, "price": 120}]
    ),
    "0.1 is 0.002 percent of 5000": found(
        {"tighten": {"after_hours": 0, "lag": 0}},
        gate={"min_improvement_percent": 0.002, "emergency_percent": 0.002},
        entry=5000.1,
        initial_stop=5000,
        tick_size=0.1,
        ticks=[{"t": 60, "price": 5000.2}],
    ),
    "nine spans from an entry off the grid": found(entry=67.007, initial_stop=67, ticks=[{"t": 60, "price": 67.07}]),
    "four spans from an entry off the grid, short": found(
        side="short", entry=67.008, initial_stop=67.01, ticks=[{"t": 60, "price": 67}]
    ),
    "the mean of three fills": found(
        side="short",
        entry=1.6666666666666667e-06,
        initial_stop=2e-06,
        tick_size=5e-07,
        ticks=[{"t": 1, "price": 1e-06}, {"t": 2, "price": 5e-07}],
    ),
    "the mean of eleven fills of a coin without a price": found(
        entry=1.909090909090909e-08,
        initial_stop=1e-08,
        tick_size=1e-08,
        ticks=[{"t": 1, "price": 1.1e-07}],
    ),
    "ten elevenths of an ATR": found(
        {"adaptive": {"min_scale": 0.5}},
        initial_stop=89,
        tick_size=1,
        ticks=[{"t": 1, "price": 100, "atr": 1}, {"t": 2, "price": 110, "atr": 0.9090909090909091}],
    ),
    "a hair below one span": hair_case(
        Market(1, POWERS[8], Fraction(46862564910945), Fraction(46862564909945)),
        gain=46226654274432,
        first=971275518253087,
        last=958095607310153,
    ),
}


@given(cases())
@budget()
def test_every_step_is_the_step_of_the_oracle(case: dict[str, Any]) -> None:
    """Every step equals the one computed from the whole history in exact rationals, float by float."""
    assert simulate(case)["steps"] == steps_of(case)


@given(cases(aside="0.5 0.25 0.6 0.8 0.9"))
@budget(0.5)
def test_an_entry_off_the_grid_is_no_exception(case: dict[str, Any]) -> None:
    """L21: an average entry between two prices on the grid gives the steps of the oracle too."""
    assert simulate(case)["steps"] == steps_of(case)


@given(cases(on_exchange=True))
@budget()
def test_the_gate_is_the_gate_of_the_oracle(case: dict[str, Any]) -> None:
    """L26: with the stop on an exchange, every move passes or waits exactly as the oracle says."""
    assert simulate(case)["steps"] == steps_of(case)


@given(cases())
@budget(0.3)
def test_each_tick_is_a_candle(case: dict[str, Any]) -> None:
    """Anchored at candles, the steps are the same: a tick of a case is a candle of its own."""
    anchored = {**case, "settings": {**case["settings"], "anchor": "candle"}}
    assert simulate(anchored)["steps"] == steps_of(case)


@given(hairs())
@budget()
def test_a_hair_off_a_whole_span_is_seen(case: dict[str, Any]) -> None:
    """L22: a profit one unit in the last digit short of a whole span is not a whole span."""
    assert simulate(case)["steps"] == steps_of(case)


@pytest.mark.parametrize("name", FOUND)
def test_boundaries_that_were_once_found(name: str) -> None:
    """A boundary in time, in computed numbers or in the last digit falls on the documented side."""
    assert simulate(FOUND[name])["steps"] == steps_of(FOUND[name])


@pytest.mark.parametrize("path", EXAMPLES, ids=[path.stem for path in EXAMPLES])
def test_the_oracle_itself_is_right(path: Path) -> None:
    """The oracle gives the steps of every example computed by hand."""
    example = json.loads(path.read_text(encoding="utf-8"))
    assert steps_of(example["case"]) == example["steps"]


@pytest.mark.parametrize("kind", NUMBERED)
@given(data=st.data())
@budget(0.5)
def test_every_engine_steps_as_its_oracle(kind: str, data: st.DataObject) -> None:
    """L16 to L20 and L24: every engine, and several composed, with partial exits, take the steps of the oracle."""
    case = data.draw(drawn_by(kind))
    assert simulate(case)["steps"] == steps_of(case)


@pytest.mark.parametrize("kind", KINDS)
def test_generators_reach_every_rule(kind: str) -> None:
    """The generators reach every rule of the engines and of the step."""
    reached: Counter[str] = Counter()

    @given(drawn_by(kind))
    @settings(
        max_examples=ROUND,
        deadline=None,
        database=None,
        backend=UNTOUCHED,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def collect(case: dict[str, Any]) -> None:
        judged = list(judge(case))
        json.dumps([verdict.step for verdict in judged], allow_nan=False)
        reached.update(frozenset().union(*(verdict.marks for verdict in judged)))

    for _ in range(ROUNDS):
        collect()
        if all(reached[rule] for rule in RULES[kind]):
            break
    assert [rule for rule in RULES[kind] if not reached[rule]] == []
