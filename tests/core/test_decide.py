"""The order of the rules in one step, with engines that offer what the test says."""

import math
from dataclasses import FrozenInstanceError
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from robustop_plugin.core.decide import decide, is_waiting
from robustop_plugin.core.decision import Exit, Hold, Level, Move, Phase, Rule
from robustop_plugin.core.engine import NO_LEVEL, NO_LEVELS, Engine, Levels
from robustop_plugin.core.exact import Exact
from robustop_plugin.core.exit_reason import ExitReason
from robustop_plugin.core.exits import immediate_exit
from robustop_plugin.core.facts import Position, Tick
from robustop_plugin.core.gate import Gate
from robustop_plugin.core.memory import Memory, Outcome, fresh_memory
from robustop_plugin.core.step_settings import StepSettings
from tests.contract import Scenario, block_of, lives
from tests.support.markets import budget

LONG = Position(1, 100.0, 90.0, 1.0, 0.0)
SHORT = Position(-1, 100.0, 110.0, 1.0, 0.0)
POSITIONS = pytest.mark.parametrize("position", [LONG, SHORT], ids=["long", "short"])
OPEN = Gate()
SILENT = Engine("silent", lambda view: NO_LEVELS)


def offering(breakeven: float | None = None, trail: float | None = None, name: str = "fixed") -> Engine:
    """Return an engine that always offers the same levels, in ticks."""
    levels = [NO_LEVEL if level is None else Exact(level, 0.0) for level in (breakeven, trail)]
    return Engine(name, lambda view: Levels(*levels))


def at(position: Position, gain: float) -> float:
    """Return the price that is `gain` better than the entry."""
    return position.entry + position.side * gain


def looked(position: Position, gain: float, time: float = 60.0, **flags: Any) -> Tick:
    """Return a tick `gain` better than the entry."""
    return Tick(time, at(position, gain), **flags)


def step(position: Position, tick: Tick, memory: Memory, engines: list[Engine], gate: Gate = OPEN) -> Outcome:
    """Decide with these engines only."""
    return decide(position, tick, memory, StepSettings(tuple(engines), gate))


REQUESTS = (ExitReason.EMERGENCY, ExitReason.MANUAL, ExitReason.MAX_DRAWDOWN, ExitReason.COUNCIL_SELL)


@POSITIONS
@pytest.mark.parametrize("reason", REQUESTS)
def test_a_requested_exit_is_the_reason(position: Position, reason: ExitReason) -> None:
    """What is requested is the reason of the exit, whatever the engines offer.

    Stop and phase stay; what was seen is remembered, so that nothing is lost should the exit not come about.
    """
    memory = fresh_memory(position)
    tick = looked(position, 50, atr=5.0, requested_exit=reason)
    engines = [offering(trail=at(position, 40))]
    level = Level(at(position, 40), "fixed", Rule.TRAIL)
    after = memory._replace(best=tick.price, level=level, atr=5.0, atr_at_entry=5.0)
    assert step(position, tick, memory, engines) == Outcome(Exit(reason), after, None)
    refused = step(position, looked(position, 39), after, [SILENT])
    assert refused.decision == Exit(ExitReason.TRAILING_STOP, level)


@POSITIONS
@pytest.mark.parametrize("gain", [-10, -11, -50])
@pytest.mark.parametrize("reason", REQUESTS)
def test_a_hit_stop_comes_first(position: Position, gain: float, reason: ExitReason) -> None:
    """At the stop or beyond it the stop is the reason, whatever is requested, and no engine is asked."""

    def explode(view: Any) -> Levels:
        pytest.fail("an engine was asked")

    memory = fresh_memory(position)
    tick = looked(position, gain, requested_exit=reason)
    outcome = step(position, tick, memory, [Engine("explodes", explode)])
    assert outcome == Outcome(Exit(ExitReason.STOP_LOSS), memory, None)


@POSITIONS
def test_a_moved_stop_is_hit_as_a_trailing_stop(position: Position) -> None:
    """Only the initial stop is a stop loss, even if the moved stop still loses."""
    moved = step(position, looked(position, 5), fresh_memory(position), [offering(trail=at(position, -4))]).memory
    assert moved.stop == at(position, -4)
    assert step(position, looked(position, -3), moved, [SILENT]).decision == Hold()
    assert step(position, looked(position, -4), moved, [SILENT]).decision == Exit(ExitReason.TRAILING_STOP)


@POSITIONS
def test_best_and_atr_are_remembered(position: Position) -> None:
    """The best price and the last and first ATR survive ticks that are worse or have none."""
    memory = fresh_memory(position)
    for gain, atr in ((1, None), (7, 3.0), (-2, None), (3, 4.0)):
        memory = step(position, looked(position, gain, atr=atr), memory, [SILENT]).memory
    assert (memory.best, memory.atr, memory.atr_at_entry) == (at(position, 7), 4.0, 3.0)


@POSITIONS
def test_the_tightest_cleared_level_wins(position: Position) -> None:
    """The tightest level that the best price has cleared wins, whichever engine offers it."""
    engines = [
        offering(at(position, 2), at(position, 1), "first"),
        offering(at(position, 3), at(position, 9), "second"),
        SILENT,
    ]
    outcome = step(position, looked(position, 9), fresh_memory(position), engines)
    assert outcome.decision == Move(Level(at(position, 3), "second", Rule.BREAKEVEN))
    assert (outcome.memory.stop, outcome.memory.published_at) == (at(position, 3), 60.0)
    assert outcome.memory.phase == Phase.BREAKEVEN_PROTECTED


@POSITIONS
def test_of_equal_levels_the_first_wins(position: Position) -> None:
    """Among levels equal after rounding, breakeven precedes trail and the first engine precedes the second."""
    aside = at(position, 3) - position.side * 0.25
    engines = [offering(aside, at(position, 3), "first"), offering(at(position, 3), None, "second")]
    outcome = step(position, looked(position, 9), fresh_memory(position), engines)
    assert outcome.level == Level(at(position, 3), "first", Rule.BREAKEVEN)


@POSITIONS
def test_a_remembered_level_keeps_its_name(position: Position) -> None:
    """The desired level is never looser than before, and an equal level does not replace its engine and rule."""
    memory = step(position, looked(position, 9), fresh_memory(position), [offering(trail=at(position, 5))]).memory
    for engine in (SILENT, offering(at(position, 4), None, "other"), offering(at(position, 5), None, "other")):
        outcome = step(position, looked(position, 8), memory, [engine])
        assert outcome == Outcome(Hold(), memory, Level(at(position, 5), "fixed", Rule.TRAIL))


@POSITIONS
def test_a_level_looser_than_the_stop_is_shown_only(position: Position) -> None:
    """A first level looser than the stop moves nothing, but is the desired level."""
    outcome = step(position, looked(position, 5), fresh_memory(position), [offering(trail=at(position, -10))])
    assert outcome.decision == Hold()
    assert outcome.memory.stop == at(position, -10)
    assert outcome.level == Level(at(position, -10), "fixed", Rule.TRAIL)


@POSITIONS
@pytest.mark.parametrize("on_exchange", [False, True])
def test_a_crossed_level_is_an_exit(position: Position, *, on_exchange: bool) -> None:
    """If the price is already at a level that the best price cleared, the position exits, with or without a gate."""
    memory = step(position, looked(position, 9), fresh_memory(position), [SILENT]).memory
    tick = looked(position, 5, 61.0, on_exchange=on_exchange, publishable=False)
    outcome = step(position, tick, memory, [offering(trail=at(position, 5))], Gate(math.inf, 1e9, 1e9))
    level = Level(at(position, 5), "fixed", Rule.TRAIL)
    assert outcome.decision == Exit(ExitReason.TRAILING_STOP, level)
    assert outcome.memory.stop == memory.stop


@POSITIONS
@pytest.mark.parametrize("flags", [{"on_exchange": True}, {"publishable": False}])
def test_a_level_that_waits_still_protects(position: Position, flags: dict[str, bool]) -> None:
    """A level held back is remembered: it is published later, and a price that crosses it before that exits."""
    shut = Gate(math.inf, 1e9, 1e9)
    engine = offering(trail=at(position, 5))
    held = step(position, looked(position, 9, **flags), fresh_memory(position), [engine], shut)
    level = Level(at(position, 5), "fixed", Rule.TRAIL)
    assert held.decision == Hold()
    assert (held.memory.stop, held.memory.published_at, held.level) == (at(position, -10), 0.0, level)
    assert held.memory.phase == Phase.INITIAL_RISK
    assert step(position, looked(position, 6), held.memory, [SILENT], shut).decision == Move(level)
    crossed = step(position, looked(position, 5, **flags), held.memory, [SILENT], shut)
    assert crossed.decision == Exit(ExitReason.TRAILING_STOP, level)


@POSITIONS
def test_the_gate_counts_from_the_last_move(position: Position) -> None:
    """A small move waits until the interval since the last publication has passed, not since it was desired."""
    gate = Gate(60.0, 0.1, 50.0)
    memory: Memory = fresh_memory(position)
    path = []
    for time, level in ((59, 1), (60, 1), (100, 2), (119, 3), (120, 3)):
        tick = looked(position, 20, float(time), on_exchange=True)
        memory = step(position, tick, memory, [offering(trail=at(position, level))], gate).memory
        path.append((memory.stop, memory.published_at))
    before, first, second = at(position, -10), at(position, 1), at(position, 3)
    assert path == [(before, 0.0), (first, 60.0), (first, 60.0), (first, 60.0), (second, 120.0)]


@POSITIONS
def test_inside_a_candle_nothing_is_asked(position: Position) -> None:
    """Between two closes no level is offered and no best price recorded, but a waiting level can be crossed."""
    inside = {"inside_candle": True, "publishable": False}
    memory = fresh_memory(position)
    engine = offering(trail=at(position, 5))
    assert step(position, looked(position, 9, **inside), memory, [engine]) == Outcome(Hold(), memory, None)
    closed = step(position, looked(position, 6, extreme=at(position, 9), publishable=False), memory, [engine])
    level = Level(at(position, 5), "fixed", Rule.TRAIL)
    assert (closed.decision, closed.memory.best, closed.level) == (Hold(), at(position, 9), level)
    crossed = step(position, looked(position, 5, **inside), closed.memory, [SILENT])
    assert crossed.decision == Exit(ExitReason.TRAILING_STOP, level)


@POSITIONS
def test_a_tick_that_is_evaluated_again_only_holds(position: Position) -> None:
    """The second evaluation of a tick that moved the stop changes nothing."""
    tick = looked(position, 9, atr=2.0)
    engines = [offering(at(position, 2), at(position, 5))]
    once = step(position, tick, fresh_memory(position), engines)
    assert isinstance(once.decision, Move)
    assert step(position, tick, once.memory, engines) == Outcome(Hold(), once.memory, once.level)


def test_decisions_are_frozen() -> None:
    """Decisions are frozen."""
    level = Level(1.0, "fixed", Rule.TRAIL)
    for decision, name in ((Move(level), "level"), (Exit(ExitReason.MANUAL), "reason")):
        with pytest.raises(FrozenInstanceError):
            setattr(decision, name, None)


def test_an_engine_is_asked_at_every_tick_unless_it_says_otherwise() -> None:
    """An engine without bounds on its next change promises nothing."""
    assert SILENT.next_change is None


@given(lives("hand_span", st.sampled_from(({}, {"adaptive": {}}, {"tighten": {"after_hours": 1, "lag": 0}}))))
@budget()
def test_a_quiet_price_asks_nothing_of_steady_engines(life: Scenario) -> None:
    """L14: if a price sets no new best and every engine is steady, asking again changes only the known ATR."""
    block, position = block_of(life), life.position()
    rules, memory = block.step_settings(), fresh_memory(position)
    for index, tick in enumerate(life.ticks()):
        side = position.side
        quiet = index > 0 and not is_waiting(side, memory) and side * (tick.price - memory.best) <= 0
        before, outcome = memory, decide(position, tick, memory, rules)
        memory = outcome.memory
        if isinstance(outcome.decision, Exit) and immediate_exit(position, tick, before, rules) is not None:
            return
        if quiet and all(engine.next_change is not None for engine in rules.engines):
            assert outcome.decision == Hold()
            assert memory == before._replace(atr=memory.atr, atr_at_entry=memory.atr_at_entry)
