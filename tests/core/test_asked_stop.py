"""A stop that a person asks for only tightens, closes nothing unless that is accepted, and survives a round trip."""

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from robustop_plugin.core.asked_stop import (
    MANUAL,
    AppliedRequest,
    applied_from_data,
    find_applied,
    tightest,
    why_refused,
    with_asked_level,
)
from robustop_plugin.core.decide import decide
from robustop_plugin.core.decision import Exit, Hold, Level, Move, Rule
from robustop_plugin.core.exit_reason import ExitReason
from robustop_plugin.core.facts import Position, Tick
from robustop_plugin.core.memory import Memory, fresh_memory
from robustop_plugin.core.step_settings import StepSettings
from robustop_plugin.core.trade_state import TradeState, from_dict, schema_of, to_dict

CENTS = st.integers(1, 400)
SIDES = st.sampled_from((1, -1))
NO_ENGINES = StepSettings(())


@given(side=SIDES, stop=CENTS, in_force=st.none() | CENTS, price=st.none() | CENTS, may_close=st.booleans())
def test_what_is_taken_is_tighter_and_closes_nothing_unasked(
    side: int, stop: int, in_force: int | None, price: int | None, may_close: bool
) -> None:
    """A stop is taken if and only if it is on the market's side of the one in force, and not beyond the price."""
    looser = in_force is not None and not (stop > in_force if side > 0 else stop < in_force)
    crossed = price is not None and (price <= stop if side > 0 else price >= stop)
    refused = why_refused(side, stop, in_force, price, may_close=may_close)
    assert (refused is None) == (not looser and (may_close or not crossed))
    if refused is not None:
        bound = in_force if looser else price
        assert refused.startswith(f"stop was {stop}: it must be ")
        assert f" {bound}, " in refused


@given(side=SIDES, gain=st.integers(-99, 99), asked=st.integers(-99, 150), waits=st.none() | st.integers(-99, 99))
def test_an_asked_level_moves_the_stop_or_closes_and_never_loosens(
    side: int, gain: int, asked: int, waits: int | None
) -> None:
    """The step moves the stop to it, or leaves where the price is beyond it; asking again is refused."""
    position = Position(side, 200.0, 200.0 - side * 100.0, 1.0, 0.0)
    memory = fresh_memory(position)
    if waits is not None:
        memory = memory._replace(level=Level(200.0 + side * waits, "hand_span", Rule.TRAIL))
    stop = 200.0 + side * asked
    desired = None if memory.level is None else memory.level.price
    if why_refused(side, stop, tightest(side, memory.stop, desired), None, may_close=True):
        assert waits is not None
        assert asked <= waits
        return
    asked_for = with_asked_level(memory, Level(stop, MANUAL, Rule.STOP))
    tick = Tick(60.0, 200.0 + side * gain)
    outcome = decide(position, tick, asked_for, NO_ENGINES)
    if gain <= asked:
        assert outcome.decision == Exit(ExitReason.TRAILING_STOP, Level(stop, MANUAL, Rule.STOP))
        assert outcome.memory.stop == memory.stop
    else:
        assert outcome.decision == Move(Level(stop, MANUAL, Rule.STOP))
        assert outcome.memory.stop == stop
        assert decide(position, tick, outcome.memory, NO_ENGINES).decision == Hold()
    assert why_refused(side, stop, tightest(side, outcome.memory.stop, stop), None, may_close=True)


def test_a_stop_that_is_no_price_is_refused() -> None:
    """Zero, negative and infinite prices name the bound; an unknown stop in force binds nothing."""
    for stop in (0.0, -1.0, math.inf, math.nan):
        assert why_refused(1, stop, None, None, may_close=True) == f"stop was {stop!r}: it must be finite and > 0"
    assert tightest(-1, None, math.nan, 0.0) is None
    assert tightest(-1, 3.0, None, 2.0) == 2.0


def state_with(memory: Memory, *applied: AppliedRequest) -> TradeState:
    """Return the state of a trade bought at 100."""
    return TradeState(Position(1, 100.0, 98.0, 0.01, 0.0), memory, 1000, applied=applied)


def test_a_state_is_written_in_the_oldest_schema_that_holds_it() -> None:
    """An older release reads what it can, and leaves alone a trade whose stop a person has set."""
    memory = fresh_memory(Position(1, 100.0, 98.0, 0.01, 0.0))
    by_hand = with_asked_level(memory, Level(99.0, MANUAL, Rule.STOP))
    breakeven = with_asked_level(memory, Level(100.15, MANUAL, Rule.BREAKEVEN))
    request = AppliedRequest(3, 1.5, 2.5, 98.0, 100.15)
    states = [state_with(memory), state_with(breakeven), state_with(breakeven, request), state_with(by_hand)]
    assert [schema_of(state) for state in states] == [4, 4, 5, 5]
    for state in states:
        data = json.loads(json.dumps(to_dict(state)))
        assert data["schema"] == schema_of(state)
        assert from_dict(data) == state


@pytest.mark.parametrize("data", [None, "text", [1], [[1, 2.0]], [["1", 1.0, 1.0, 1.0, 1.0]], [[1, math.nan, 1, 1, 1]]])
def test_what_is_no_request_is_left_out(data: Any) -> None:
    """It costs a refusal later on, but never the state of the trade."""
    assert applied_from_data(data) == ()


def test_a_number_that_is_given_again_is_another_request() -> None:
    """A table that is made anew counts from 1: the time of asking tells them apart."""
    request = AppliedRequest(1, 10.0, 12.0, 98.0, 99.0)
    assert find_applied((request,), 1, 10.0) == request
    assert find_applied((request,), 1, 11.0) is None
