"""Partial exits: an answer sheet computed by hand, and what no simulated case can show."""

from typing import Any

import pytest

from robustop_plugin.core.decide import decide
from robustop_plugin.core.decision import Exit, Phase, Progress, Reduce, Sale
from robustop_plugin.core.exact import Exact
from robustop_plugin.core.exit_reason import ExitReason
from robustop_plugin.core.facts import Position, Tick
from robustop_plugin.core.memory import filled, fresh_memory
from robustop_plugin.protections import PartialRung, sale_due
from robustop_plugin.settings import load_settings
from tests.support.answer_sheets import Row, case_of, check, options_of, rungs_of, sheet, why

OUT_OF_REACH = {"base_ratio": 100, "max_ratio": 100}
"""A bracket with a far target offers no level and takes no profit: only the schedule acts."""

LONG, SHORT = Position(1, 100.0, 90.0, 0.01, 0.0), Position(-1, 100.0, 110.0, 0.01, 0.0)
POSITIONS = pytest.mark.parametrize("position", [LONG, SHORT], ids=["long", "short"])
SCHEDULE = (PartialRung(2.0, 0.25), PartialRung(3.0, 0.25))
RISK = Exact(1000.0, 0.0)


def answer(row: Row) -> dict[str, Any]:
    """Return the case of a row; its schedule may be the usual one."""
    engine = {"name": row["engine"] or "bracket", **({} if row["engine"] else OUT_OF_REACH)}
    case = case_of(row, {**engine, **options_of(row["options"])})
    case["settings"]["partials"] = True if row["partials"] == "usual" else rungs_of(row["partials"])
    return case


@pytest.mark.parametrize("row", sheet("protections"), ids=why)
def test_answer_sheet(row: Row) -> None:
    """The last step of every row, and what every step sells, is what was computed by hand."""
    check(row, answer(row))


def due(spans: float, progress: Progress, *, at_virtual: bool, portion: float = 0.5) -> Sale | None:
    """Return what is due at this profit, in spans."""
    return sale_due(Exact(spans * RISK.high, 0.0), RISK, progress, at_virtual, schedule=SCHEDULE, portion=portion)


def test_portion_and_rungs_are_one_order() -> None:
    """If rungs and the portion are due at once, one order sells their sum, at most what is left."""
    fresh = Progress()
    assert due(2, fresh, at_virtual=True) == Sale(0.75, Progress(1, portion=True), closes=False)
    assert due(3, fresh, at_virtual=True) == Sale(1.0, Progress(2, portion=True), closes=True)
    assert due(3, fresh, at_virtual=True, portion=0.75) == Sale(1.0, Progress(2, portion=True), closes=True)
    assert due(3, Progress(1), at_virtual=True, portion=0.1) == Sale(0.35, Progress(2, portion=True), closes=False)


def test_nothing_is_due_twice() -> None:
    """What was filled is not due again at any price; without a portion no virtual level sells anything."""
    assert due(2, Progress(1, portion=True), at_virtual=True) is None
    assert due(0, Progress(2), at_virtual=False) is None
    assert due(-1, Progress(1), at_virtual=False) is None
    assert due(1, Progress(), at_virtual=True, portion=0.0) is None


@POSITIONS
def test_a_rung_is_judged_on_the_price_and_not_on_the_extreme(position: Position) -> None:
    """If only the favorable extreme reached a rung, it is not sold: the current price decides."""
    rules = load_settings({"engines": [{"name": "hand_span", "portion": 0.5}], "partials": [[2, 0.25], [3, 0.25]]})
    seen = Tick(60.0, 100.0 + position.side * 20, extreme=100.0 + position.side * 30)
    outcome = decide(position, seen, fresh_memory(position), rules.default.step_settings())
    # The extreme, three spans away, puts the virtual level where the price is: both are sold in one order.
    assert isinstance(outcome.decision, Reduce)
    assert outcome.decision.sale == Sale(0.75, Progress(1, portion=True), closes=False)
    assert outcome.memory.virtual == seen.price


@POSITIONS
def test_an_order_that_is_not_filled_takes_nothing(position: Position) -> None:
    """An unfilled request is repeated, and merges with what is due by then."""
    rules = load_settings({"engines": [{"name": "bracket", **OUT_OF_REACH}], "partials": True}).default.step_settings()
    memory = fresh_memory(position)
    for spans, fraction in ((2, 0.5), (1, None), (2, 0.5), (3, 0.75)):
        outcome = decide(position, Tick(60.0 * spans, 100.0 + position.side * 10 * spans), memory, rules)
        assert (outcome.memory.progress, outcome.memory.phase) == (Progress(), Phase.INITIAL_RISK)
        assert getattr(outcome.decision, "sale", None) == (
            None if fraction is None else Sale(fraction, Progress(spans - 1), closes=False)
        )
        memory = outcome.memory
    closing = decide(position, Tick(300.0, 100.0 + position.side * 40), memory, rules)
    assert closing.decision == Exit(ExitReason.TAKE_PROFIT, None, Sale(1.0, Progress(3), closes=True))


def test_phases_never_go_back() -> None:
    """A filled order sets the phase of its rung, never a lower phase."""
    memory = fresh_memory(LONG)
    for progress, phase in (
        (Progress(0, portion=True), Phase.INITIAL_RISK),
        (Progress(1, portion=True), Phase.PARTIAL_PROFIT_TAKEN),
        (Progress(2, portion=True), Phase.ADVANCED_PROFIT_TAKEN),
        (Progress(3, portion=True), Phase.FINAL_PROFIT_TAKEN),
        (Progress(4, portion=True), Phase.FINAL_PROFIT_TAKEN),
    ):
        memory = filled(memory, progress)
        assert (memory.phase, memory.progress) == (phase, progress)
    protected = fresh_memory(LONG)._replace(phase=Phase.BREAKEVEN_PROTECTED)
    assert filled(protected, Progress(0, portion=True)).phase == Phase.BREAKEVEN_PROTECTED


HALVES = (PartialRung(2.0, 0.5), PartialRung(3.0, 0.5))


def test_without_a_portion_a_virtual_level_takes_nothing() -> None:
    """A rung due at a virtual level sells its own part, and no portion if none is configured."""
    sale = sale_due(Exact(20.0, 0.0), Exact(10.0, 0.0), Progress(), at_virtual=True, schedule=HALVES, portion=0.0)
    assert sale == Sale(0.5, Progress(1, portion=False), closes=False)


def test_where_all_is_sold_nothing_is_due() -> None:
    """After a rung and the portion have sold everything, the next rung has nothing left to sell."""
    taken = Progress(1, portion=True)
    profit, risk = Exact(30.0, 0.0), Exact(10.0, 0.0)
    assert sale_due(profit, risk, taken, at_virtual=False, schedule=HALVES, portion=0.5) is None
