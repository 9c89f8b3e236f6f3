"""Figures of a rehearsal from timelines whose figures are computed by hand."""

from dataclasses import replace

import pytest

from robustop_plugin.rehearsal.facts import (
    BotUp,
    ExitRests,
    Fact,
    Fill,
    Loop,
    Record,
    Refusing,
    StopSeen,
    Tick,
    Uncovered,
)
from robustop_plugin.rehearsal.figures import Interval, exposed, longest, most_loops, result, unprotected, worst_fill
from robustop_plugin.rehearsal.judged import judged_exposed, judged_unprotected

PAIR = "BTC/USDT"


def record(*facts: Fact, sign: int = 1, end: float = 100.0, stop_on_exchange: bool = False) -> Record:
    """Return a record of these facts."""
    return Record(sign, facts, end, stop_on_exchange=stop_on_exchange, lots={PAIR: 0.01})


def bought(time: float, price: float = 100.0, sign: int = 1) -> Fill:
    """Return an entry of 2."""
    return Fill(time, PAIR, "1", sign, price, 2.0)


def sold(time: float, price: float, quantity: float = 2.0, sign: int = -1) -> Fill:
    """Return an exit."""
    return Fill(time, PAIR, "2", sign, price, quantity)


LONG = (BotUp(0, True), bought(10), StopSeen(11, PAIR, 1, 95.0))


def test_a_position_is_exposed_from_the_tick_to_the_exit() -> None:
    """Held from 10 to 22 with a stop of 95: the price is beyond it from 20 on."""
    seen = record(*LONG, Tick(15, PAIR, 98.0), Tick(20, PAIR, 94.0), Loop(21), sold(22, 94.0))
    assert exposed(seen, PAIR) == [Interval(20, 22)]
    assert most_loops(seen, exposed(seen, PAIR)) == 1


def test_a_price_at_the_stop_is_beyond_it() -> None:
    """The stop is hit at its level, and a price that comes back ends the exposure."""
    seen = record(*LONG, Tick(20, PAIR, 95.0), Tick(23, PAIR, 95.01), end=30)
    assert exposed(seen, PAIR) == [Interval(20, 23)]


def test_a_short_is_exposed_above_its_stop() -> None:
    """The sides are mirrored."""
    facts = (bought(10, sign=-1), StopSeen(11, PAIR, 1, 105.0), Tick(20, PAIR, 104.0), Tick(25, PAIR, 106.0))
    assert exposed(record(*facts, sign=-1, end=29), PAIR) == [Interval(25, 29)]


def test_an_exposure_goes_on_through_further_prices_and_parts() -> None:
    """Neither a further tick nor the sale of a part ends it; what is left then, less than a lot, is dust."""
    facts = (Tick(20, PAIR, 94.0), Tick(21, PAIR, 93.0), sold(22, 93.0, 1.0), sold(24, 92.0, 0.999), Loop(30))
    seen = record(*LONG, *facts)
    assert exposed(seen, PAIR) == [Interval(20, 24)]
    assert most_loops(seen, exposed(seen, PAIR)) == 0


def test_other_pairs_do_not_count() -> None:
    """A price of another pair exposes nothing."""
    assert exposed(record(*LONG, Tick(20, "ETH/USDT", 1.0)), PAIR) == []


def test_a_stop_in_the_bot_protects_while_the_bot_runs() -> None:
    """The bot is down from 40 to 47 while the position is held, and from 60 on, when it is not."""
    facts = (BotUp(40, False), BotUp(47, True), sold(50, 101.0), BotUp(60, False))
    assert unprotected(record(*LONG, *facts), PAIR) == [Interval(40, 47)]


def test_a_stop_on_the_exchange_protects_while_it_rests() -> None:
    """The exchange says when there was none; whether the bot runs is no matter, and other pairs do not count."""
    spans = (Uncovered(PAIR, 10, 12), Uncovered("ETH/USDT", 10, 90), Uncovered(PAIR, 30, 33))
    seen = replace(record(*LONG, BotUp(20, False), stop_on_exchange=True), uncovered=spans)
    assert unprotected(seen, PAIR) == [Interval(10, 12), Interval(30, 33)]
    assert longest(unprotected(seen, PAIR)) == 3


@pytest.mark.parametrize(("price", "worse"), [(94.0, 0.0), (84.6, 10.0), (95.88, -2.0)])
def test_a_fill_is_compared_with_the_first_price_beyond_the_stop(price: float, worse: float) -> None:
    """The price fell to 94 first: a sale at 84.6 is a tenth worse, one at 95.88 a fiftieth better."""
    seen = record(*LONG, Tick(20, PAIR, 94.0), Tick(21, PAIR, 84.0), sold(22, price))
    assert worst_fill(seen, PAIR) == pytest.approx(worse)


def test_without_an_exit_beyond_the_stop_there_is_no_worst_fill() -> None:
    """A sale above the stop is not judged."""
    assert worst_fill(record(*LONG, Tick(20, PAIR, 97.0), sold(22, 97.0)), PAIR) is None


def test_a_fee_in_the_base_currency_is_not_held() -> None:
    """Of 2 bought, 0.02 are the fee: a sale of 1.98 ends the position, one of 1.97 leaves a lot of 0.01."""
    entry = Fill(10, PAIR, "1", 1, 100.0, 2.0, 0.02, "BTC")
    facts = (entry, StopSeen(11, PAIR, 1, 95.0), Tick(20, PAIR, 94.0))
    assert exposed(record(*facts, sold(22, 94.0, 1.98)), PAIR) == [Interval(20, 22)]
    assert exposed(record(*facts, sold(22, 94.0, 1.97)), PAIR) == [Interval(20, 100)]


def test_the_result_counts_fees_and_what_is_still_held() -> None:
    """2 bought at 100, 0.02 of them the fee; 1 sold at 110 less 0.5; 0.98 left at 90: 110 - 200 - 0.5 + 88.2."""
    entry = Fill(10, PAIR, "1", 1, 100.0, 2.0, 0.02, "BTC")
    exit_ = Fill(20, PAIR, "2", -1, 110.0, 1.0, 0.5, "USDT")
    assert result(record(entry, exit_, Tick(30, PAIR, 90.0)), PAIR) == pytest.approx(-2.3)


def test_the_result_of_a_short() -> None:
    """2 sold at 100 and bought back at 90, with fees of 0.1 each: 19.8."""
    facts = (Fill(1, PAIR, "1", -1, 100.0, 2.0, 0.1, "USDT"), Fill(2, PAIR, "2", 1, 90.0, 2.0, 0.1, "USDT"))
    assert result(record(*facts, sign=-1), PAIR) == pytest.approx(19.8)


def test_time_in_which_the_exchange_refuses_orders_does_not_count() -> None:
    """Beyond the stop from 20 to 40, halted from 18 to 30: ten seconds count, and those of another pair's halt."""
    halt = (Refusing(18, True, PAIR), Tick(20, PAIR, 94.0), Refusing(30, False, PAIR), sold(40, 94.0))
    assert exposed(record(*LONG, *halt), PAIR) == [Interval(20, 40)]
    assert judged_exposed(record(*LONG, *halt), PAIR) == [Interval(30, 40)]
    other = (Refusing(18, True, "ETH/USDT"), Tick(20, PAIR, 94.0), sold(40, 94.0))
    assert judged_exposed(record(*LONG, *other), PAIR) == [Interval(20, 40)]
    key = (Refusing(18, True), Tick(20, PAIR, 94.0), sold(40, 94.0))
    assert judged_exposed(record(*LONG, *key), PAIR) == []


def test_a_price_beyond_the_stop_counts_while_a_bot_runs() -> None:
    """Killed at 18, beyond the stop from 20 on, started at 30, out at 33."""
    facts = (BotUp(18, False), Tick(20, PAIR, 94.0), BotUp(30, True), sold(33, 94.0))
    assert judged_exposed(record(*LONG, *facts), PAIR) == [Interval(30, 33)]
    assert judged_unprotected(record(*LONG, *facts), PAIR) == [Interval(18, 30)]


def test_a_missing_stop_counts_but_for_exits_that_rest_and_refusals() -> None:
    """Bare from 20 to 50; an exit rests from 22 to 30, halted from 40 to 45; a dead bot checks nothing."""
    facts = (*LONG, ExitRests(22, PAIR, True), ExitRests(30, PAIR, False), Refusing(40, True), Refusing(45, False))
    bare = (Uncovered(PAIR, 20, 50), Uncovered("ETH/USDT", 0, 90))
    seen = replace(record(*facts, stop_on_exchange=True), uncovered=bare)
    assert judged_unprotected(seen, PAIR) == [Interval(20, 22), Interval(30, 40), Interval(45, 50)]
    dead = (*LONG, ExitRests(22, PAIR, True), BotUp(25, False), ExitRests(30, PAIR, False), BotUp(60, True))
    seen = replace(record(*dead, stop_on_exchange=True), uncovered=bare)
    assert judged_unprotected(seen, PAIR) == [Interval(20, 22), Interval(25, 50)]
