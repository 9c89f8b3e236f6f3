"""The verdict on timelines whose verdict is known."""

from dataclasses import replace
from typing import Any

import pytest

from robustop_plugin.rehearsal.facts import (
    Balances,
    BotUp,
    Closed,
    Fact,
    Fill,
    KnownOrder,
    Loop,
    Missed,
    Record,
    StopSeen,
    Tick,
    Uncovered,
)
from robustop_plugin.rehearsal.scenario import Expect, Incurable
from robustop_plugin.rehearsal.verdict import FAILED, INCURABLE, PASSED, verdict_of

PAIR = "BTC/USDT"
FACTS: tuple[Fact, ...] = (
    BotUp(0.0, True),
    Fill(10.0, PAIR, "1", 1, 100.0, 2.0, 0.002, "BTC"),
    StopSeen(10.5, PAIR, 1, 95.0),
    Tick(20.0, PAIR, 90.0),
    Loop(20.5),
    Fill(20.8, PAIR, "2", -1, 90.0, 1.998, 0.1798, "USDT"),
    Closed(21.0, PAIR, 1, "stop_loss", -20.4),
)
ORDERS = (KnownOrder("1", PAIR, True, "", 2.0), KnownOrder("2", PAIR, False, "stop_loss", 1.998))
# 10,000 less 200 for the entry, plus 179.82 for the exit, less its fee; 2 less the fee of 0.002 less 1.998 leaves none.
BALANCES = Balances({"USDT": 10_000.0, "BTC": 0.0}, {"USDT": 9_979.6402, "BTC": 0.0})
GOOD = Record(1, FACTS, 25.0, 1, ORDERS, BALANCES)


def failures(record: Record, **expect: Any) -> dict[str, str]:
    """Return the expectations that are not met, each with its detail."""
    return {finding.expectation: finding.detail for finding in verdict_of(record, Expect(**expect)).failures}


def test_a_good_end_passes() -> None:
    """Every expectation of an ordinary stop is met: out after 0.8 seconds, within one loop."""
    assert verdict_of(GOOD, Expect(reasons=["stop_loss"], worse_percent=0.1)).verdict == PASSED


@pytest.mark.parametrize(
    ("expect", "name", "detail"),
    [
        ({"exposed_seconds": 0.7}, "exposed", "held beyond its stop for at most 0.8 s, 1 loops of the bot"),
        ({"exposed_loops": 0}, "exposed", "held beyond its stop for at most 0.8 s, 1 loops of the bot"),
        ({"ends": "open"}, "ends", "the position is closed"),
        ({"reasons": ["roi"]}, "reason", "exit reason stop_loss, expected roi"),
        ({"entries": 2}, "entries", "1 entry orders were filled, expected 2"),
    ],
)
def test_an_expectation_that_is_not_met_fails(expect: dict[str, Any], name: str, detail: str) -> None:
    """The verdict is a failure, and says what was seen."""
    assert verdict_of(GOOD, Expect(**expect)).verdict == FAILED
    assert failures(GOOD, **expect) == {name: detail}


def test_a_missed_step_fails() -> None:
    """A play that ended early has failed, whatever came of it."""
    record = replace(GOOD, facts=(*FACTS, Missed(24.0, "the entry did not happen")))
    assert failures(record) == {"played": "the entry did not happen"}


def test_an_order_that_the_bot_does_not_know_fails() -> None:
    """Bought once more without the bot knowing: also an entry too many, still open, and not in the ledger."""
    lost = Fill(12.0, PAIR, "7", 1, 100.0, 2.0, 0.002, "BTC")
    found = failures(replace(GOOD, facts=(*FACTS[:3], lost, *FACTS[3:])))
    assert found["known"] == "entered without the bot knowing it: order 7"
    assert found["entries"] == "2 entry orders were filled, expected 1"
    assert found["ends"] == f"the position is still open: {PAIR}"
    assert set(found) == {"known", "entries", "ends", "ledger"}


def test_a_triggered_stop_of_futures_is_known_by_its_quantity() -> None:
    """The bot knows the stop as 2, the exchange filled it as 9; another quantity, or a second fill, is not known."""
    triggered = tuple(fact._replace(order="9") if fact == FACTS[5] else fact for fact in FACTS)
    assert failures(replace(GOOD, facts=triggered)) == {}
    other = (ORDERS[0], ORDERS[1]._replace(filled=1.5))
    assert failures(replace(GOOD, facts=triggered, orders=other)) == {
        "known": "left without the bot knowing it: order 9"
    }
    twice = Fill(20.9, PAIR, "10", -1, 90.0, 1.998)
    assert failures(replace(GOOD, facts=(*triggered, twice)))["known"] == "left without the bot knowing it: order 10"


def test_a_rung_that_is_sold_twice_fails() -> None:
    """Two filled orders with the tag of one rung are one too many; an unfilled one is none."""
    rungs = [KnownOrder(number, PAIR, False, "robustop_2R", filled) for number, filled in (("3", 1.0), ("4", 0.0))]
    assert failures(replace(GOOD, orders=(*ORDERS, *rungs))) == {}
    twice = KnownOrder("5", PAIR, False, "robustop_2R", 0.5)
    assert failures(replace(GOOD, orders=(*ORDERS, *rungs, twice))) == {
        "sold_once": f"sold more than once: robustop_2R of {PAIR}"
    }


def test_an_exit_in_several_orders_is_no_rung() -> None:
    """A stop that was filled by two orders has sold nothing twice."""
    assert failures(replace(GOOD, orders=(*ORDERS, KnownOrder("3", PAIR, False, "stop_loss", 0.5)))) == {}


def test_a_stop_that_loosens_fails() -> None:
    """A stop of one trade that goes from 95 to 94 was loosened; that of a second trade begins anew."""
    other = (StopSeen(11.0, PAIR, 2, 90.0), StopSeen(11.5, PAIR, 1, 96.0))
    assert failures(replace(GOOD, facts=(*FACTS[:3], *other, *FACTS[3:]))) == {}
    loosened = StopSeen(12.0, PAIR, 1, 94.0)
    found = failures(replace(GOOD, facts=(*FACTS[:3], loosened, *FACTS[3:])))
    assert found == {"stop": f"the stop of {PAIR} was loosened from 95 to 94"}


def test_a_ledger_that_is_off_fails() -> None:
    """One cent more than the fills explain is found."""
    off = Balances(BALANCES.before, {"USDT": 9_979.6502, "BTC": 0.0})
    assert failures(replace(GOOD, balances=off)) == {"ledger": "0.01000000 USDT cannot be explained by the fills"}


def test_an_error_in_the_ledger_of_the_exchange_fails() -> None:
    """What the exchange's own audit finds is told."""
    assert failures(replace(GOOD, problems=("fill 3 has no transaction",))) == {"ledger": "fill 3 has no transaction"}


def test_a_known_limit_excuses_what_it_names() -> None:
    """A failure that the limit names is incurable; a further one is a failure."""
    limit = Incurable(reason="the bot was dead", excuses=["exposed"])
    late = verdict_of(GOOD, Expect(exposed_seconds=0.1), limit)
    assert (late.verdict, late.reason) == (INCURABLE, "the bot was dead")
    assert verdict_of(GOOD, Expect(exposed_seconds=0.1, ends="open"), limit).verdict == FAILED
    assert verdict_of(GOOD, Expect(), limit).verdict == PASSED


def test_no_trade_is_not_a_closed_one() -> None:
    """A scenario that should end with a closed trade fails if there was none."""
    nothing = Record(1, (BotUp(0.0, True),), 5.0, 0)
    assert failures(nothing) == {"ends": "the position is never open"}
    assert failures(nothing, ends="never_open") == {}


def test_an_exit_before_the_stop_was_passed_is_not_too_cheap() -> None:
    """A position that was left in profit has no fill beyond its stop; one that is still open has none either."""
    facts = tuple(fact for fact in FACTS if not isinstance(fact, Tick))
    assert "fill" not in failures(replace(GOOD, facts=facts), worse_percent=0.1)
    still_open = replace(GOOD, facts=facts[:3])
    assert failures(still_open, worse_percent=0.1)["fill"] == "no exit beyond the stop was filled"


@pytest.mark.parametrize(("loops", "fails"), [((11.0, 13.0), False), ((11.0, 12.0, 13.0), True)])
def test_loops_without_a_stop_on_the_exchange_are_counted(loops: tuple[float, ...], fails: bool) -> None:
    """A position may be without one for two loops; those of a bot with its stop in it do not count."""
    facts = tuple(sorted((*FACTS, *map(Loop, loops)), key=lambda fact: fact.time))
    bare = replace(GOOD, facts=facts, stop_on_exchange=True, uncovered=(Uncovered(PAIR, 10.0, 14.0),))
    expected = {"unprotected": "held with no stop on the exchange for at most 4.0 s, 3 loops of the bot"}
    assert failures(bare) == (expected if fails else {})
    assert failures(replace(bare, stop_on_exchange=False)) == {}


@pytest.mark.parametrize(("every", "fails"), [(1.0, True), (3.0, True), (5.0, False)])
def test_seconds_are_stretched_for_a_bot_whose_loops_are_slow(every: float, fails: bool) -> None:
    """Out after 30 seconds: too late for loops of a second, not for two loops of five seconds and some."""
    slow = tuple(Loop(-every * number) for number in range(30, 0, -1))
    facts = (*slow, *FACTS[:4], Fill(50.0, PAIR, "2", -1, 90.0, 1.998, 0.1798, "USDT"), FACTS[-1])
    found = failures(replace(GOOD, facts=facts, end=60.0))
    assert found == ({"exposed": "held beyond its stop for at most 30.0 s, 0 loops of the bot"} if fails else {})
