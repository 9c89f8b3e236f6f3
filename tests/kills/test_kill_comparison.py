"""Each law of the comparison finds what it is there for: a life is changed in one thing, and that is said."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.kills.compare import Lost, compare, lost_by
from tests.kills.life import Variant
from tests.kills.play import Life
from tests.kills.sight import Entry, Fill, Sight, State, StopOrder, Trade

SPOT = Variant("spot", "long", "exchange", "sqlite")
PERPETUAL = Variant("futures", "long", "exchange", "sqlite")
BOUGHT = Fill(1, "BUY", 60_000.0, 2.0)
SOLD = Fill(3, "SELL", 62_400.0, 2.0)


def entry(number: int, action: str, stop: float, **over: object) -> Entry:
    """Return a record."""
    made = Entry(f"1:5:{number}", action, 60_000.0, None, stop, None, None, "INITIAL_RISK", None, (("best", 1.0),))
    return made._replace(**over)


def held(stop: float) -> Sight:
    """Return what is seen while the position is held."""
    trade, state = Trade(1, True, 60_000.0, stop, 2.0, ""), State(stop, 60_000.0, "INITIAL_RISK", 0, None)
    return Sight((trade,), {1: state}, frozenset({"1", "2"}), (StopOrder(stop, 2.0),), frozenset({2}), (BOUGHT,))


def closed(stop: float) -> Sight:
    """Return what is seen after the exit."""
    sight = held(stop)
    trade = sight.trades[0]._replace(is_open=False, reason="trailing_stop_loss")
    return sight._replace(
        trades=(trade,), known=frozenset({"1", "2", "3"}), stops=(), resting=frozenset(), fills=(BOUGHT, SOLD)
    )


def life(*killed: Sight) -> Life:
    """Return a life of two steps."""
    records = (entry(1, "initial", 58_800.0), entry(2, "published", 58_800.0), entry(3, "closed", 61_200.0))
    return Life((), killed, (held(58_800.0), closed(61_200.0)), (), None, records, 0.0, (), Path("/nowhere"))


REFERENCE, RECOVERED = life(), life(held(58_800.0))
FIRST, LAST = RECOVERED.ends
TRADE, STATE = LAST.trades[0], LAST.states[1]


def test_an_equal_life_has_recovered() -> None:
    """Nothing is found where nothing differs."""
    assert compare(SPOT, RECOVERED, REFERENCE) == []


def last(**over: object) -> Life:
    """Return the life with another last sight."""
    return RECOVERED._replace(ends=(FIRST, LAST._replace(**over)))


def first(**over: object) -> Life:
    """Return the life with another first sight."""
    return RECOVERED._replace(ends=(FIRST._replace(**over), LAST))


def records(change: Callable[[list[Entry]], list[Entry]]) -> Life:
    """Return the life with changed records."""
    return RECOVERED._replace(records=tuple(change(list(RECOVERED.records))))


WRONG = {
    "stuck": (RECOVERED._replace(missed="it was not done"), "it was not done"),
    "looser": (RECOVERED._replace(looser=("the stop went from 2 to 1",)), "from 2 to 1"),
    "ledger": (RECOVERED._replace(problems=("sums to 1 USDT",)), "sums to 1 USDT"),
    "orphan": (last(resting=frozenset({9})), "orders [9] are left"),
    "sold twice": (last(fills=(*LAST.fills, SOLD)), "fills: 3 instead of 2"),
    "bought twice": (last(fills=(BOUGHT, BOUGHT, SOLD)), "fills: number 2 was"),
    "other price": (last(fills=(BOUGHT, SOLD._replace(price=62_399.0))), "fills: number 2 was"),
    "left over": (RECOVERED._replace(held=1.0), "1.0 coins are held"),
    "other best": (last(states={1: STATE._replace(best=60_001.0)}), "breakeven: the state was"),
    "other rungs": (last(states={1: STATE._replace(rungs=1)}), "the state was"),
    "other stop": (last(trades=(TRADE._replace(stop=61_199.0),)), "the stop was 61199.0"),
    "no stop rests": (first(stops=()), "the stops on the exchange: 0 instead of 1"),
    "smaller stop": (first(stops=(StopOrder(58_800.0, 1.0),)), "cover 1.0 coins, not 2.0"),
    "other reason": (last(trades=(TRADE._replace(reason="force_exit"),)), "the trade's reason was force_exit"),
    "other amount": (last(trades=(TRADE._replace(amount=1.0),)), "the trade's amount was 1.0"),
    "still open": (last(trades=(TRADE._replace(is_open=True),)), "the trade's is_open was True"),
    "second trade": (last(trades=(TRADE, TRADE)), "there are 2 trades"),
    "doubled": (records(lambda all_: [*all_, all_[-1]]), "record 1:5:3 was written 2 times: closed, closed"),
    "missing": (records(lambda all_: all_[:-1]), "the records: 1 instead of 2"),
    "gap": (records(lambda all_: [*all_[:-1], entry(4, "closed", 61_200.0)]), "numbers of records are missing"),
    "other record": (records(lambda all_: [*all_[:-1], entry(3, "closed", 1.0)]), "the records: number 2 was"),
    "other facts": (records(lambda all_: [all_[0]._replace(facts=()), *all_[1:]]), "the records: number 1 was"),
    "unpublished": (
        records(lambda all_: [all_[0], all_[1]._replace(new_stop=5.0), all_[2]]),
        "the stops that came to rest: number 1 was 5.0",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_found(name: str) -> None:
    """One wrong thing is one finding, or more, and the first says which."""
    wrong, text = WRONG[name]
    findings = compare(SPOT, wrong, REFERENCE)
    assert any(text in finding for finding in findings), findings


LOSSES = {
    Lost.NOTHING: held(58_800.0),
    Lost.ENTRY: held(58_800.0)._replace(trades=(), states={}, known=frozenset(), stops=(), resting=frozenset()),
    Lost.SALE: closed(61_200.0)._replace(known=frozenset({"1", "2"})),
    Lost.STOP: held(58_800.0)._replace(known=frozenset({"1"})),
    Lost.FIRST_STATE: held(58_800.0)._replace(states={}),
    Lost.REQUEST: held(58_800.0)._replace(states={1: STATE._replace(stop=58_800.0, asked="a half")}),
    Lost.GIVEN_STOP: held(58_800.0)._replace(states={1: STATE._replace(stop=61_200.0)}),
}


@pytest.mark.parametrize("lost", LOSSES)
def test_what_was_lost_is_seen(lost: Lost) -> None:
    """The kinds of kills follow from what exchange and database show while no bot runs."""
    assert lost_by(LOSSES[lost]) == lost


@pytest.mark.parametrize("lost", [loss for loss in Lost if loss != Lost.ENTRY])
def test_a_sale_is_never_made_twice(lost: Lost) -> None:
    """Whatever was lost, the fills are equal."""
    wrong = life(LOSSES[lost])._replace(ends=(FIRST, LAST._replace(fills=(BOUGHT, SOLD, SOLD))))
    assert any("fills" in finding for finding in compare(SPOT, wrong, REFERENCE))


@pytest.mark.parametrize("lost", [loss for loss in Lost if loss != Lost.ENTRY])
def test_no_decision_is_missing(lost: Lost) -> None:
    """Whatever was lost, every decision has its record."""
    wrong = life(LOSSES[lost])._replace(records=RECOVERED.records[:-1])
    assert any("the records" in finding for finding in compare(SPOT, wrong, REFERENCE))


def test_a_perpetuals_stop_may_be_larger() -> None:
    """It only reduces the position; a smaller one leaves a part without a stop."""
    larger, smaller = (first(stops=(StopOrder(58_800.0, quantity),)) for quantity in (3.0, 1.0))
    assert compare(PERPETUAL, larger, REFERENCE) == []
    assert compare(PERPETUAL, smaller, REFERENCE) == ["entry: stop orders cover 1.0 coins, not 2.0"]


def test_what_two_kills_have_lost_is_allowed() -> None:
    """A wait is recorded where a request was lost, whatever the other kill has lost."""
    waited = [entry(1, "initial", 58_800.0), entry(2, "published", 58_800.0), entry(3, "wait", 58_800.0)]
    waited += [entry(4, "closed", 61_200.0)]
    both = life(LOSSES[Lost.NOTHING], LOSSES[Lost.REQUEST])._replace(records=tuple(waited))
    assert compare(SPOT, both, REFERENCE) == []
    once = life(LOSSES[Lost.NOTHING], LOSSES[Lost.NOTHING])._replace(records=tuple(waited))
    assert any("the records" in finding for finding in compare(SPOT, once, REFERENCE))


def test_a_lost_entry_is_reported_and_not_repeated(tmp_path: Path) -> None:
    """One purchase, no trade, and a sentence in the log."""
    log, killed = tmp_path / "log", LOSSES[Lost.ENTRY]
    log.write_text("robustop: unexplained position in BTC/USDT")
    alone = RECOVERED._replace(killed=(killed,), ends=(killed,), records=(), log=log)
    assert compare(SPOT, alone, REFERENCE) == []
    twice = alone._replace(ends=(killed._replace(fills=(BOUGHT, BOUGHT)),))
    assert compare(SPOT, twice, REFERENCE) == ["sides of the fills: 2 instead of 1; the first beyond is BUY"]
    log.write_text("nothing")
    assert compare(SPOT, alone, REFERENCE) == ["the position that nobody knows was not reported"]
