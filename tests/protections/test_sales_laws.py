"""Laws of partial exits: the fraction of one order in exact rationals, and whole lives in which orders fail."""

from fractions import Fraction
from itertools import takewhile
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from robustop_plugin import protections
from robustop_plugin.core import decide as step
from robustop_plugin.core.decision import Exit, Phase, Progress
from robustop_plugin.core.exact import Exact
from robustop_plugin.core.memory import filled, fresh_memory
from robustop_plugin.settings import load_settings
from tests.support.blocks import schedules
from tests.support.engine_options import POOLS, alone
from tests.support.laws import sale_of
from tests.support.markets import budget, one_of
from tests.support.scenarios import Scenario, block_of, lives_of

Rungs = list[list[Any]]
PORTIONS = one_of("0 0.1 0.25 0.333 0.5 0.99")


def part_sold(rungs: Rungs, portion: Fraction, progress: Progress) -> Fraction:
    """Return the fraction of the original amount sold at some progress."""
    taken = [share for _, share in rungs[: progress.rungs]]
    if "rest" in taken:
        return Fraction(1)
    shares = sum((Fraction(str(share)) for share in taken), portion if progress.portion else Fraction(0))
    return min(Fraction(1), shares)


@given(
    rungs=schedules(),
    portion=PORTIONS,
    risk=st.integers(1, 10**6),
    aim=st.tuples(st.integers(0, 4), st.sampled_from((-1, 0, 0, 1, 10**7))),
    before=st.builds(Progress, st.integers(0, 5), st.booleans()),
    at_virtual=st.booleans(),
)
@budget()
def test_one_order_sells_all_that_is_due(
    rungs: Rungs, portion: Fraction, risk: int, aim: tuple[int, int], before: Progress, at_virtual: bool
) -> None:
    """L39: one order sells the sum of all rungs reached and not taken, and the portion; never more than is left."""
    index, beside = aim
    profit = round(Fraction(str(rungs[min(index, len(rungs) - 1)][0])) * risk) + beside
    before = Progress(min(before.rungs, len(rungs)), before.portion and portion > 0)
    reached = len(list(takewhile(lambda rung: profit >= Fraction(str(rung[0])) * risk, rungs)))
    after = Progress(max(before.rungs, reached), before.portion or (at_virtual and portion > 0))
    gone, total = part_sold(rungs, portion, before), part_sold(rungs, portion, after)
    schedule = load_settings({"partials": rungs}).default.schedule
    sale = protections.sale_due(
        Exact(float(profit), 0.0),
        Exact(float(risk), 0.0),
        before,
        at_virtual,
        schedule=schedule,
        portion=float(portion),
    )
    if total == gone:
        assert sale is None
    else:
        assert sale is not None
        assert (sale.fraction, sale.progress, sale.closes) == (float(total - gone), after, total == 1)


SELLING = st.one_of(*map(alone, POOLS)).filter(lambda block: block.get("partials") != [])


@given(
    life=lives_of(SELLING).filter(lambda life: len(life.looks) > 1),
    fails=st.lists(st.booleans(), min_size=10, max_size=10),
)
@budget()
def test_only_filled_orders_count(life: Scenario, fails: list[bool]) -> None:
    """L40: whichever orders fail, the amount filled is that of the rungs taken, none twice; phases never go back."""
    position, block = life.position(), block_of(life)
    memory, rules, gone = fresh_memory(position), block.step_settings(), Fraction(0)
    portion = Fraction(str(block.portion))
    for tick, failed in zip(life.ticks(), fails, strict=False):
        outcome = step.decide(position, tick, memory, rules)
        assert outcome.memory.phase >= memory.phase
        assert outcome.memory.progress == memory.progress
        memory, sale = outcome.memory, sale_of(outcome)
        if sale is not None and not failed:
            before, memory = memory.phase, filled(memory, sale.progress)
            gone += Fraction(repr(sale.fraction))
            assert gone == part_sold(block.partials, portion, memory.progress) <= 1
            assert memory.phase >= before
            assert memory.phase >= Phase(min(1 + memory.progress.rungs, 4)) or not memory.progress.rungs
        if isinstance(outcome.decision, Exit) and (sale is None or not failed):
            return
