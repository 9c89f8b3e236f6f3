"""Figures of a rehearsal from timelines whose figures are computed by hand."""

from dataclasses import replace

import pytest

from robustop_plugin.rehearsal.facts import BotUp, Fact, Fill, Loop, Record, StopSeen, Tick, Uncovered
from robustop_plugin.rehearsal.figures import Interval, exposed, longest, most_loops, result, unprotected, worst_fill

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
