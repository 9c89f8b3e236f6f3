"""Laws that hold in every scenario, for every engine, alone and composed.

All laws are listed by number in `docs/reference/laws.md`.
"""

import json
import math
from collections.abc import Callable, Iterable
from fractions import Fraction
from itertools import pairwise

import pytest

from robustop_plugin.core import decide as step
from robustop_plugin.core import facts, levels
from robustop_plugin.core.decision import Exit, Hold, Reduce, Sale
from robustop_plugin.core.errors import InvalidPosition, InvalidTick
from robustop_plugin.core.memory import Memory, Outcome, filled, fresh_memory
from robustop_plugin.core.side import better
from robustop_plugin.core.trade_state import TradeState, from_dict, to_dict
from tests.support.scenarios import NO_PARTIALS, Scenario, block_of

NO_PRICES = (math.nan, math.inf, -math.inf, 0.0, -0.0, -1.0)
HALF_A_TICK = 0.5
"""Within this distance of a change that an engine has announced, its offer may already have changed."""


def reloaded(position: facts.Position, memory: Memory) -> TradeState:
    """Return the state after a JSON round trip."""
    return from_dict(json.loads(json.dumps(to_dict(TradeState(position, memory, 0)))))


def sale_of(outcome: Outcome) -> Sale | None:
    """Return the sale of an outcome."""
    return outcome.decision.sale if isinstance(outcome.decision, Reduce | Exit) else None


def settled(outcome: Outcome) -> Memory:
    """Return the memory with the outcome's order, if any, filled at once."""
    sale = sale_of(outcome)
    return outcome.memory if sale is None else filled(outcome.memory, sale.progress)


def play(life: Scenario, cuts: Iterable[int] = (), times: int = 1) -> list[Outcome]:
    """Return the outcomes of a scenario up to its exit, evaluating each tick this many times.

    Before each tick of `cuts` the process dies, and the next one continues from the stored state.
    """
    position, rules, outcomes = life.position(), block_of(life).step_settings(), []
    memory = fresh_memory(position)
    for index, tick in enumerate(life.ticks()):
        if index in cuts:
            state = reloaded(position, memory)
            position, memory, rules = state.position, state.memory, block_of(life).step_settings()
        for _ in range(times):
            outcomes.append(step.decide(position, tick, memory, rules))
            memory = settled(outcomes[-1])
            if isinstance(outcomes[-1].decision, Exit):
                return outcomes
    return outcomes


def is_steady(life: Scenario) -> bool:
    """Return whether all engines depend only on the best price, so that each announces its next change."""
    return all(engine.next_change is not None for engine in block_of(life).step_settings().engines)


def l1_ratchet(life: Scenario) -> None:
    """L1: the stop in force, the desired and the virtual level never loosen."""
    outcomes = play(life)
    stops = [float(life.stop), *(outcome.memory.stop for outcome in outcomes)]
    desired = [outcome.memory.level.price for outcome in outcomes if outcome.memory.level]
    virtual = [outcome.memory.virtual for outcome in outcomes if outcome.memory.virtual is not None]
    for path in (stops, desired, virtual):
        assert all(life.side * (new - old) >= 0 for old, new in pairwise(path))


def l2_silence(life: Scenario) -> None:
    """L2: a stop that moves is strictly tighter and is published; a decision that publishes nothing keeps the stop."""
    before = float(life.stop)
    for outcome in play(life):
        decision, after = outcome.decision, outcome.memory.stop
        crossed = isinstance(decision, Exit) and decision.sale is None
        if isinstance(decision, Hold) or crossed or decision.level is None:
            assert after == before
        else:
            assert life.side * (after - before) > 0
            assert decision.level.price == after
        before = after


def l3_pure(life: Scenario) -> None:
    """L3: the same facts give the same outcomes, and a tick evaluated again only holds."""
    outcomes, rules, position = play(life), block_of(life).step_settings(), life.position()
    assert play(life) == outcomes
    for tick, outcome in zip(life.ticks(), outcomes, strict=False):
        if not isinstance(outcome.decision, Exit):
            again = step.decide(position, tick, settled(outcome), rules)
            assert again == Outcome(Hold(), settled(outcome), outcome.level)


def l4_round_trip(life: Scenario) -> None:
    """L4: every state of a scenario survives JSON."""
    position = life.position()
    for outcome in play(life):
        assert reloaded(position, settled(outcome)) == TradeState(position, settled(outcome), 0)


def l5_restart(life: Scenario) -> None:
    """L5: a process that dies between any two ticks, or between all of them, changes nothing."""
    outcomes, length = play(life), len(life.looks)
    for cuts in (*((index,) for index in range(length)), range(length)):
        assert play(life, cuts) == outcomes


def l6_scale(life: Scenario) -> None:
    """L6: prices multiplied by a power of two give the same decisions, with stops multiplied by it."""
    outcomes = play(life)
    for factor in (Fraction(1, 4), Fraction(1024)):
        scaled = play(life.scaled(factor))
        assert [type(outcome.decision) for outcome in scaled] == [type(outcome.decision) for outcome in outcomes]
        assert [outcome.memory.stop for outcome in scaled] == [
            float(factor) * outcome.memory.stop for outcome in outcomes
        ]
        assert [sale_of(outcome) for outcome in scaled] == [sale_of(outcome) for outcome in outcomes]


def l7_mirror(life: Scenario) -> None:
    """L7: a short is the reflection of a long at the entry (if no gate counts in percent)."""
    life = life._replace(on_exchange=False)
    outcomes, mirrored = play(life), play(life.mirrored())
    assert [type(outcome.decision) for outcome in mirrored] == [type(outcome.decision) for outcome in outcomes]
    for outcome, other in zip(outcomes, mirrored, strict=True):
        ticks = [Fraction(repr(stop)) / life.tick_size for stop in (outcome.memory.stop, other.memory.stop)]
        assert sum(ticks) == 2 * life.entry / life.tick_size
        assert sale_of(outcome) == sale_of(other)


def l8_refusal(life: Scenario) -> None:
    """L8: an invalid price makes no tick and no position, and every stop is finite and positive."""
    position, tick = life.position(), life.ticks()[0]
    for price in NO_PRICES:
        with pytest.raises(InvalidTick):
            facts.Tick(tick.time, price)
        for parts in ((price, position.initial_stop), (position.entry, price)):
            with pytest.raises(InvalidPosition):
                facts.Position(life.side, *parts, position.tick_size, 0.0)
    assert all(0 < outcome.memory.stop < math.inf for outcome in play(life))


def l9_sales(life: Scenario) -> None:
    """L9: no part is sold twice, never more than all; unfilled orders are requested again; sales move no stop."""
    outcomes, sold, before = play(life), Fraction(0), (0, False)
    for tick, outcome in zip(life.ticks(), outcomes, strict=False):
        sale = sale_of(outcome)
        if sale is None:
            assert outcome.memory.progress == before
            continue
        assert sale.fraction > 0
        assert sale.progress != before
        assert all(new >= old for old, new in zip(before, sale.progress, strict=True))
        sold, before = sold + Fraction(repr(sale.fraction)), sale.progress
        assert sold == 1 if sale.closes else sold < 1
        asked = type(outcome.decision)
        again = step.decide(life.position(), tick, outcome.memory, block_of(life).step_settings())
        assert (type(again.decision), sale_of(again)) == (asked, sale)
    whole = play(life.with_settings(**NO_PARTIALS))
    assert all(outcome.memory.stop == other.memory.stop for outcome, other in zip(outcomes, whole, strict=False))


def l10_kept(life: Scenario) -> None:
    """L10: evaluating ticks twice leaves the engines' memory unchanged, and it equals that of each engine alone."""
    kept = [outcome.memory.kept for outcome in play(life)]
    twice = [outcome.memory.kept for outcome in play(life, times=2)]
    assert twice[::2] == kept
    assert twice[1::2] == kept[: len(twice) // 2]
    for single in life.alone():
        name = single.block["engines"][0]["name"]
        own = [outcome.memory.kept.get(name) for outcome in play(single)]
        assert own[: len(kept) - 1] == [memory.get(name) for memory in kept[:-1]]


def l11_tightest(life: Scenario) -> None:
    """L11: composed engines want the tightest of what each wants alone, in any order."""
    wanted = [outcome.memory.level and outcome.memory.level.price for outcome in play(life)]
    reverse = play(life.with_settings(engines=life.block["engines"][::-1]))
    assert [outcome.memory.level and outcome.memory.level.price for outcome in reverse] == wanted
    own = [[outcome.memory.level for outcome in play(single)] for single in life.alone()]
    for together, *levels_alone in zip(wanted[:-1], *own, strict=False):
        prices = [level.price for level in levels_alone if level is not None]
        tightest = prices[0] if prices else None
        for price in prices:
            tightest = better(life.side, tightest, price)
        assert together == tightest


def l12_promise(life: Scenario) -> None:
    """L12: the desired level stays until the gain comes near the change that steady engines have announced."""
    position, rules, outcomes = life.position(), block_of(life).step_settings(), play(life)
    for tick, (before, after) in zip(life.ticks(), pairwise(outcomes), strict=False):
        known = [levels.engine_memory(engine, before.memory.kept) for engine in rules.engines]
        view = levels.view_at(position, tick, before.memory)
        changes = (
            engine.next_change(view) if engine.remember is None else engine.next_change(view, kept)
            for engine, kept in zip(rules.engines, known, strict=True)
        )
        change, gain = min(changes), abs(Fraction(repr(after.memory.best)) - life.entry) / life.tick_size
        if change >= view.gain.high and gain < change - HALF_A_TICK:
            assert after.memory.level == before.memory.level


LAWS: dict[str, Callable[[Scenario], None]] = {
    "L1": l1_ratchet,
    "L2": l2_silence,
    "L3": l3_pure,
    "L4": l4_round_trip,
    "L5": l5_restart,
    "L6": l6_scale,
    "L7": l7_mirror,
    "L8": l8_refusal,
    "L9": l9_sales,
    "L10": l10_kept,
    "L11": l11_tightest,
    "L12": l12_promise,
}
