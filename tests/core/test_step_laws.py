"""Laws of the step that hold for any engine: between two closes, and behind a gate."""

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from robustop_plugin.core import decide as step
from robustop_plugin.core.decision import Exit
from robustop_plugin.core.memory import fresh_memory
from tests.support.engine_options import POOLS, alone, composed
from tests.support.laws import play, settled
from tests.support.markets import budget, one_of
from tests.support.scenarios import Scenario, block_of, lives_of

FLOATS = one_of("0 0.1 0.5 1 3 1000").map(float)
GATES = st.fixed_dictionaries(
    {
        "min_interval_s": st.sampled_from((0, 1, 60, 61, 600)),
        "min_improvement_percent": FLOATS,
        "emergency_percent": FLOATS,
    }
)


ANY = lives_of(composed(tuple(POOLS)) | st.one_of(*map(alone, POOLS)))
"""Lives with any engine, or with several."""


@st.composite
def gated(draw: st.DrawFn) -> Scenario:
    """Draw a life of any engines whose stop rests on an exchange, behind any gate."""
    life = draw(ANY)
    return life.with_settings(gate=draw(GATES))._replace(on_exchange=True)


@given(life=ANY, order=st.permutations(range(10)))
@budget()
def test_between_two_closes_nothing_is_seen(life: Scenario, order: list[int]) -> None:
    """L15: where stops move at closes, a price inside a candle may cause an exit, and changes no memory."""
    position, rules, ticks = life.position(), block_of(life).step_settings(), life._replace(on_exchange=False).ticks()
    memory = fresh_memory(position)
    for tick, other in zip(ticks, order, strict=False):
        closed = step.decide(position, tick, memory, rules)
        if isinstance(closed.decision, Exit):
            return
        memory = settled(closed)
        inside = replace(ticks[other % len(ticks)], time=tick.time, inside_candle=True, publishable=False)
        outcome = step.decide(position, inside, memory, rules)
        assert outcome.memory == memory
        if memory.level is not None and life.side * (inside.price - memory.level.price) <= 0:
            assert isinstance(outcome.decision, Exit)


def improvement(side: int, stop: float, level: float) -> Fraction:
    """Return how much a level improves a stop, in percent of the stop."""
    before, after = Fraction(repr(stop)), Fraction(repr(level))
    return side * (after - before) / before * 100


def moves(life: Scenario) -> Iterator[tuple[Any, Any, Any]]:
    """Yield each tick that did not end the life, with the memory before and after it."""
    before = fresh_memory(life.position())
    for tick, outcome in zip(life.ticks(), play(life), strict=False):
        if isinstance(outcome.decision, Exit):
            return
        yield tick, before, outcome.memory
        before = outcome.memory


@given(gated())
@budget()
def test_the_gate_publishes_what_is_worth_it_and_nothing_else(life: Scenario) -> None:
    """L27: a tighter level is published for the emergency improvement, or after the interval for the least one."""
    gate = {name: Fraction(str(value)) for name, value in life.block["gate"].items()}
    for tick, before, after in moves(life):
        if after.level is None or life.side * (after.level.price - before.stop) <= 0:
            assert after.stop == before.stop
            continue
        gained = improvement(life.side, before.stop, after.level.price)
        rested = tick.time - before.published_at >= gate["min_interval_s"]
        opens = gained >= gate["emergency_percent"] or (rested and gained >= gate["min_improvement_percent"])
        expected = (after.level.price, tick.time) if opens else (before.stop, before.published_at)
        assert (after.stop, after.published_at) == expected


@given(gated())
@budget()
def test_the_gate_holds_back_messages_and_no_protection(life: Scenario) -> None:
    """L28: with any gate a position exits at the same tick as without one, and desires the same levels."""
    behind, free = play(life), play(life._replace(on_exchange=False))
    assert len(behind) == len(free)
    assert isinstance(behind[-1].decision, Exit) == isinstance(free[-1].decision, Exit)
    for gated_step, free_step in zip(behind[:-1], free[:-1], strict=True):
        assert gated_step.memory.level == free_step.memory.level
        assert life.side * (free_step.memory.stop - gated_step.memory.stop) >= 0
