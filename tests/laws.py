"""The laws that engines keep, alone and together.

P1 ratchet: the stop never loosens. P2 silence: a move is strictly tighter, anything else leaves the stop alone.
P3 pure: same facts, same outcome; evaluating a tick twice changes nothing. P4 round trip: the state survives
JSON. P5 restart: cutting a life anywhere and reloading its state changes nothing. P6 scale: prices times a power
of two give stops times that power. P7 mirror: a short is the reflection of a long. P8 refusal: a price that is
none is refused at birth, and no stop is ever not finite. P9 sales: no part is sold twice, never more than all, and
selling moves no stop. P10 kept: what an engine keeps depends on the ticks alone, not on its neighbours or on how
often it is asked. P11 tightest: engines together want what the tightest of them wants alone. P12 promise: up to the
change that an engine names, its opinion stays.
"""

import json
import math
from collections.abc import Callable, Iterable
from fractions import Fraction
from itertools import pairwise

import pytest

from robustop_plugin.core import decide as step
from robustop_plugin.core import facts, levels
from robustop_plugin.core.decision import Exit, Hold, Memory, Outcome, Reduce, Sale, filled, fresh_memory
from robustop_plugin.core.errors import InvalidPosition, InvalidTick
from robustop_plugin.core.memory import TradeState, from_dict, to_dict
from robustop_plugin.core.side import better
from tests.lives import NO_PARTIALS, Life, block_of

NO_PRICES = (math.nan, math.inf, -math.inf, 0.0, -0.0, -1.0)
HALF_A_TICK = 0.5
"""So near to a change that an engine has named, it may have changed its mind already."""


def reloaded(position: facts.Position, memory: Memory) -> TradeState:
    """Return the state after it was written to JSON and read back."""
    return from_dict(json.loads(json.dumps(to_dict(TradeState(position, memory, 0)))))


def sale_of(outcome: Outcome) -> Sale | None:
    """Return what an outcome sells."""
    return outcome.decision.sale if isinstance(outcome.decision, Reduce | Exit) else None


def settled(outcome: Outcome) -> Memory:
    """Return the memory once the order of an outcome, if any, is filled: at once."""
    sale = sale_of(outcome)
    return outcome.memory if sale is None else filled(outcome.memory, sale.progress)


def play(life: Life, cuts: Iterable[int] = (), times: int = 1) -> list[Outcome]:
    """Return the outcomes of a life up to its exit, each tick evaluated so many times.

    Before each tick of `cuts` the process dies, and the next one goes on from the state as it was written.
    """
    position, rules, outcomes = life.position(), block_of(life).rules(), []
    memory = fresh_memory(position)
    for index, tick in enumerate(life.ticks()):
        if index in cuts:
            state = reloaded(position, memory)
            position, memory, rules = state.position, state.memory, block_of(life).rules()
        for _ in range(times):
            outcomes.append(step.decide(position, tick, memory, rules))
            memory = settled(outcomes[-1])
            if isinstance(outcomes[-1].decision, Exit):
                return outcomes
    return outcomes


def p1_ratchet(life: Life) -> None:
    """The stop in force, the desired and the virtual level never loosen."""
    outcomes = play(life)
    stops = [float(life.stop), *(outcome.memory.stop for outcome in outcomes)]
    desired = [outcome.memory.level.price for outcome in outcomes if outcome.memory.level]
    virtual = [outcome.memory.virtual for outcome in outcomes if outcome.memory.virtual is not None]
    for path in (stops, desired, virtual):
        assert all(life.side * (new - old) >= 0 for old, new in pairwise(path))


def p2_silence(life: Life) -> None:
    """A stop that moves is strictly tighter and is said; a decision that says nothing leaves the stop alone."""
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


def p3_pure(life: Life) -> None:
    """The same facts give the same outcomes, and a tick that is evaluated again only holds."""
    outcomes, rules, position = play(life), block_of(life).rules(), life.position()
    assert play(life) == outcomes
    for tick, outcome in zip(life.ticks(), outcomes, strict=False):
        if not isinstance(outcome.decision, Exit):
            again = step.decide(position, tick, settled(outcome), rules)
            assert again == Outcome(Hold(), settled(outcome), outcome.level)


def p4_round_trip(life: Life) -> None:
    """Every state that a life goes through survives JSON."""
    position = life.position()
    for outcome in play(life):
        assert reloaded(position, settled(outcome)) == TradeState(position, settled(outcome), 0)


def p5_restart(life: Life) -> None:
    """A process that dies between any two ticks, or between all, changes nothing."""
    outcomes, length = play(life), len(life.looks)
    for cuts in (*((index,) for index in range(length)), range(length)):
        assert play(life, cuts) == outcomes


def p6_scale(life: Life) -> None:
    """Prices times a power of two give the same decisions with stops times that power."""
    outcomes = play(life)
    for factor in (Fraction(1, 4), Fraction(1024)):
        scaled = play(life.scaled(factor))
        assert [type(one.decision) for one in scaled] == [type(one.decision) for one in outcomes]
        assert [one.memory.stop for one in scaled] == [float(factor) * one.memory.stop for one in outcomes]
        assert [sale_of(one) for one in scaled] == [sale_of(one) for one in outcomes]


def p7_mirror(life: Life) -> None:
    """A short is the reflection of a long at the entry (where no gate counts in percent)."""
    life = life._replace(on_exchange=False)
    outcomes, mirrored = play(life), play(life.mirrored())
    assert [type(one.decision) for one in mirrored] == [type(one.decision) for one in outcomes]
    for one, other in zip(outcomes, mirrored, strict=True):
        ticks = [Fraction(repr(stop)) / life.tick_size for stop in (one.memory.stop, other.memory.stop)]
        assert sum(ticks) == 2 * life.entry / life.tick_size
        assert sale_of(one) == sale_of(other)


def p8_refusal(life: Life) -> None:
    """A price that is none makes no tick and no position, and every stop is finite and positive."""
    position, tick = life.position(), life.ticks()[0]
    for price in NO_PRICES:
        with pytest.raises(InvalidTick):
            facts.Tick(tick.time, price)
        for parts in ((price, position.initial_stop), (position.entry, price)):
            with pytest.raises(InvalidPosition):
                facts.Position(life.side, *parts, position.tick_size, 0.0)
    assert all(0 < outcome.memory.stop < math.inf for outcome in play(life))


def p9_sales(life: Life) -> None:
    """No part is sold twice and never more than all; an order that is not filled is asked for again; no stop moves."""
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
        again = step.decide(life.position(), tick, outcome.memory, block_of(life).rules())
        assert (type(again.decision), sale_of(again)) == (asked, sale)
    whole = play(life.with_settings(**NO_PARTIALS))
    assert all(one.memory.stop == other.memory.stop for one, other in zip(outcomes, whole, strict=False))


def p10_kept(life: Life) -> None:
    """What engines keep is the same after each tick was evaluated twice, and what each keeps alone."""
    kept = [outcome.memory.kept for outcome in play(life)]
    twice = [outcome.memory.kept for outcome in play(life, times=2)]
    assert twice[::2] == kept
    assert twice[1::2] == kept[: len(twice) // 2]
    for single in life.alone():
        name = single.block["engines"][0]["name"]
        own = [outcome.memory.kept.get(name) for outcome in play(single)]
        assert own[: len(kept) - 1] == [one.get(name) for one in kept[:-1]]


def p11_tightest(life: Life) -> None:
    """Engines together want the tightest of what each wants alone, in whatever order they are named."""
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


def p12_promise(life: Life) -> None:
    """Until the gain comes near to the change that steady engines have named, the desired level stays."""
    position, rules = life.position(), block_of(life).rules()
    if any(engine.next_change is None for engine in rules.engines):
        return
    outcomes = play(life)
    for tick, (before, after) in zip(life.ticks(), pairwise(outcomes), strict=False):
        known = [levels.recalled(engine, before.memory.kept) for engine in rules.engines]
        view = levels.seen(position, tick, before.memory)
        changes = (
            engine.next_change(view) if engine.remember is None else engine.next_change(view, kept)
            for engine, kept in zip(rules.engines, known, strict=True)
        )
        change, gain = min(changes), abs(Fraction(repr(after.memory.best)) - life.entry) / life.tick_size
        if change >= view.gain.high and gain < change - HALF_A_TICK:
            assert after.memory.level == before.memory.level


LAWS: dict[str, Callable[[Life], None]] = {
    law.__name__: law
    for law in (
        *(p1_ratchet, p2_silence, p3_pure, p4_round_trip, p5_restart, p6_scale, p7_mirror, p8_refusal),
        *(p9_sales, p10_kept, p11_tightest, p12_promise),
    )
}
