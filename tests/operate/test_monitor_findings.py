"""Each finding by hand-made facts: what is found, what is not, and where the bound lies."""

from dataclasses import replace
from typing import Any

import pytest

from robustop_plugin.core.decision import Level, Rule
from robustop_plugin.operate.bot_view import BotView, Pulse
from robustop_plugin.operate.exchange.account import Account, Market, OpenOrder, Price
from robustop_plugin.operate.findings.all_findings import FINDINGS, findings_in
from robustop_plugin.operate.findings.finding import Finding, Severity
from robustop_plugin.operate.findings.look import Look, OpenBreaker, Terms
from robustop_plugin.operate.last_records import LastRecords
from robustop_plugin.operate.stored_state import StoredState, Trouble
from robustop_plugin.settings import load_settings
from tests.support.looks import ENTRY, MARKET, NOW, PAIR, STOP, account, look, names, order, short, state, trade

SHORT_STOP = STOP._replace(side="buy", trigger=102.0, price=103.0)
NOTHING_HELD: dict[str, float] = {"USDT": 800.0}


def only(found: Look) -> Finding:
    """Return the only finding of a look."""
    (finding,) = findings_in(found)
    return finding


def test_fourteen_kinds_are_looked_for() -> None:
    """As many as were asked for."""
    assert len(FINDINGS) == 14


def test_nothing_is_found_where_nothing_is_wrong() -> None:
    """Long and short, resting entries, dry runs, bots that check their stops, and the fee coin in the account."""
    assert names(look()) == []
    assert names(look(short(), seen=account(SHORT_STOP, holdings={PAIR: -2.0}, is_futures=True))) == []
    resting = trade(amount=0.0, host_stop=None, orders=(), stored=StoredState(None))
    assert names(look(resting, seen=account(STOP._replace(trigger=None), holdings={}))) == []
    assert names(look(trade(orders=(ENTRY,)), seen=account(), is_dry_run=True)) == []
    by_bot = look(trade(orders=(ENTRY,)), seen=account(STOP._replace(trigger=None)), terms=Terms(stops_rest=False))
    assert names(by_bot) == []


@pytest.mark.parametrize(
    ("changed", "seen", "words"),
    [
        ({}, account(STOP._replace(trigger=None)), "an exit that rests, blocks the coins"),
        ({}, account(STOP._replace(side="buy")), "no stop order rests"),
        ({}, account(STOP._replace(is_triggered=True)), "was triggered and rests unfilled at 97"),
        ({}, account(STOP._replace(kind="take_profit_limit")), "no stop order rests"),
        ({"host_stop": None, "stored": StoredState(None)}, account(), "knows a stop"),
        ({"orders": (ENTRY,)}, account(lists_stops=False), "no stop order is known"),
    ],
)
def test_a_position_without_protection(changed: dict[str, Any], seen: Account, words: str) -> None:
    """No order, one of the other side, one that was triggered, one that takes profit, and no stop at all."""
    found = [finding for finding in findings_in(look(trade(**changed), seen=seen)) if "protection" in finding.name]
    assert [finding.severity for finding in found] == [Severity.CRITICAL]
    assert words in found[0].sentence


def test_an_entry_that_is_filled_in_part_has_twice_the_time() -> None:
    """Its rest is given up two loops later, and only then is there a stop."""
    rests = trade(orders=(replace(ENTRY, is_open=True, filled=1.0), order("e2", "buy", stop_price=None)))
    no_stop = account(STOP._replace(trigger=None))
    (found, *_) = findings_in(look(rests, seen=no_stop))
    assert (found.name, found.patience) == ("position_without_protection", 20.0)
    (found, *_) = findings_in(look(seen=no_stop))
    assert found.patience == 10.0


def test_where_nothing_is_held_no_stop_is_missed() -> None:
    """A position that was closed by hand is unexplained, not unprotected."""
    gone = account(STOP._replace(trigger=None), holdings=NOTHING_HELD)
    assert names(look(seen=gone)) == ["unexplained_holding"]


@pytest.mark.parametrize(("price", "found"), [(101.99, []), (102.0, ["profit_with_stop_below_entry"])])
def test_one_r_of_gain_wants_the_stop_at_the_entry(price: float, found: list[str]) -> None:
    """From 1R on, exactly; not once the stop is at the entry, or nearer than the gate lets pass."""
    assert names(look(seen=account(price=price))) == found


@pytest.mark.parametrize(("stop", "found"), [(99.8, 1), (99.95, 0), (100.0, 0), (101.0, 0)])
def test_a_stop_so_near_the_entry_that_the_gate_holds_it_is_none(stop: float, found: int) -> None:
    """0.1 % of improvement is the least that passes the gate."""
    moved = trade(host_stop=stop, stored=StoredState(state(stop=stop)), orders=(ENTRY, order(stop_price=stop)))
    seen = account(STOP._replace(trigger=stop), price=103.0)
    assert len(names(look(moved, seen=seen))) == found


def test_what_robustop_wants_and_the_gate_holds_back_has_time() -> None:
    """Sixty seconds of the gate and two loops, since the last move; what engines do not want is a warning."""
    wants = trade(stored=StoredState(state(level=Level(100.15, "hand_span", Rule.BREAKEVEN), published_at=NOW - 50)))
    found = only(look(wants, seen=account(price=103.0)))
    assert (found.severity, found.since, found.patience) == (Severity.CRITICAL, NOW - 50, 70.0)
    found = only(look(seen=account(price=103.0)))
    assert (found.severity, found.since) == (Severity.WARNING, None)


def test_a_dry_run_has_a_gate_too() -> None:
    """Where its stops would rest on the exchange; a bot that checks its stops has none."""
    gains = account(STOP, price=103.0)
    assert only(look(seen=gains, is_dry_run=True)).patience == 70.0
    assert only(look(seen=gains, terms=Terms(stops_rest=False))).patience == 10.0


def test_a_bracket_is_meant_to_leave_its_stop() -> None:
    """Its engine never moves a stop; beside another engine that one may."""
    for engines, count in ((["bracket"], 0), (["bracket", "hand_span"], 1)):
        settings = load_settings({"engines": [{"name": name} for name in engines]})
        terms = Terms(stops_rest=True, settings=settings)
        assert len(names(look(seen=account(price=103.0), terms=terms))) == count


@pytest.mark.parametrize(
    ("amount", "severity"),
    [(2.0, None), (1.99, None), (1.98, Severity.CRITICAL), (2.02, Severity.WARNING), (None, None)],
)
def test_a_stop_of_the_wrong_size(amount: float | None, severity: Severity | None) -> None:
    """A lot less is rounding; None closes the whole position."""
    found = findings_in(look(seen=account(STOP._replace(amount=amount))))
    assert [(finding.name, finding.severity) for finding in found] == (
        [] if severity is None else [("stop_of_wrong_size", severity)]
    )


def test_a_stop_for_what_was_held_before_a_part_was_sold_is_right() -> None:
    """Freqtrade leaves it; only where it just reduces, and just if Freqtrade has sent it so."""
    sold = trade(amount=1.0)
    held: dict[str, Any] = {"holdings": {PAIR: 1.0}, "is_futures": True}
    assert names(look(sold, seen=account(STOP._replace(reduces=True), **held))) == []
    assert names(look(sold, seen=account(STOP, **held))) == ["stop_of_wrong_size"]
    strange = STOP._replace(reduces=True, amount=3.0)
    assert names(look(sold, seen=account(strange, **held))) == ["stop_of_wrong_size"]


@pytest.mark.parametrize(
    ("trigger", "known", "name", "severity"),
    [
        (98.01, 98.0, None, None),
        (98.5, 98.0, "stop_at_wrong_price", Severity.WARNING),
        (97.0, 98.0, "stop_at_wrong_price", Severity.CRITICAL),
        (97.0, 97.0, "slow_stop_update", Severity.CRITICAL),
        (97.0, None, "slow_stop_update", Severity.CRITICAL),
    ],
)
def test_a_stop_at_another_price(trigger: float, known: float | None, name: str | None, severity: Any) -> None:
    """A tick apart is rounding; looser as Freqtrade has sent it is slow; everything else is wrong."""
    found = findings_in(
        look(trade(orders=(ENTRY, order(stop_price=known))), seen=account(STOP._replace(trigger=trigger)))
    )
    assert [(finding.name, finding.severity) for finding in found] == ([] if name is None else [(name, severity)])


def test_a_stranger_s_looser_stop_is_wrong_not_slow() -> None:
    """Freqtrade knows no order of that number."""
    assert names(look(seen=account(STOP._replace(order_id="x", trigger=97.0)))) == ["stop_at_wrong_price"]


def test_a_short_has_its_stop_above() -> None:
    """The same for the other side: lower is tighter."""
    held: dict[str, Any] = {"holdings": {PAIR: -2.0}, "is_futures": True}
    tight, loose = (SHORT_STOP._replace(order_id="x", trigger=price) for price in (101.0, 103.0))
    assert only(look(short(), seen=account(tight, **held))).severity == Severity.WARNING
    assert only(look(short(), seen=account(loose, **held))).severity == Severity.CRITICAL


def test_a_liquidation_price_that_is_nearer_is_where_the_order_belongs() -> None:
    """Freqtrade sends the tighter of both."""
    near = trade(liquidation=98.4)
    assert names(look(near, seen=account(STOP._replace(trigger=98.4)))) == []


def test_a_slow_update_has_the_interval_of_who_has_moved_it() -> None:
    """Robustop's moves wait for the gate, the strategy's own for Freqtrade's interval; each since the last move."""
    terms = Terms(stops_rest=True, own_gate=90.0, settings=load_settings({"gate": {"min_interval_s": 30}}))
    for engine, patience in (("hand_span", 40.0), ("strategy", 100.0)):
        moved = LastRecords(move={"time": NOW - 500, "engine": engine})
        slow = trade(orders=(ENTRY, order(stop_price=97.0)), last=moved)
        found = only(look(slow, seen=account(STOP._replace(trigger=97.0)), terms=terms))
        assert (found.since, found.patience) == (NOW - 500, patience)


def test_two_stops() -> None:
    """The one that Freqtrade does not know is to be canceled; on futures the rest may open a position."""
    second = STOP._replace(order_id="x", trigger=97.0)
    found = only(look(seen=account(STOP, second)))
    assert (found.name, found.severity) == ("doubled_stop", Severity.WARNING)
    assert "cancel order x " in found.remedy
    futures = account(STOP, second, is_futures=True, holdings={PAIR: 2.0})
    assert only(look(seen=futures)).severity == Severity.CRITICAL


def test_a_stop_without_a_trade() -> None:
    """It is of the closed trade that has sent it, else of the last one of the pair; other pairs are other people's."""
    older, last = trade(number=5, is_open=False), trade(number=6, is_open=False, orders=(ENTRY,))
    nothing = account(holdings=NOTHING_HELD)
    found = only(look(seen=nothing, trades=(), closed=(last, older)))
    assert (found.name, found.trade) == ("orphaned_stop", older)
    assert only(look(seen=nothing, trades=(), closed=(last,))).trade == last
    assert only(look(seen=nothing, trades=())).trade is None
    assert names(look(seen=nothing, trades=(), pairs=frozenset())) == []


@pytest.mark.parametrize(
    ("held", "severity"),
    [(2.0, None), (2.009, None), (2.04, None), (2.06, Severity.WARNING), (1.9, Severity.CRITICAL)],
)
def test_coins_that_nobody_explains(held: float, severity: Severity | None) -> None:
    """Less than the smallest order, 5 USDT at 100, is dust; what is missing is worse than what is there."""
    found = findings_in(look(seen=account(holdings={"ABC": held})))
    assert [finding.severity for finding in found] == ([] if severity is None else [severity])


def test_coins_of_no_trade_and_fee_coins() -> None:
    """A coin of the whitelist counts, the stake currency and the exchange's own coin do not."""
    pairs = {PAIR, "XYZ/USDT", "BNB/USDT"}
    markets = {pair: MARKET._replace(pair=pair, coin=pair[:3]) for pair in pairs}
    seen = account(holdings={"ABC": 2.0, "XYZ": 3.0, "BNB": 9.0, "USDT": 800.0, "QQQ": 5.0}, markets=markets)
    found = only(look(seen=seen, pairs=frozenset(pairs)))
    assert (found.pair, found.trade) == ("XYZ/USDT", None)
    assert "holds 3 XYZ, and the open trades count 0" in found.sentence


def test_fills_that_freqtrade_has_not_counted_yet_are_counted() -> None:
    """An exit that is filled in part has sold already."""
    selling = trade(orders=(ENTRY, order(), order("x1", "sell", stop_price=None, filled=0.5, amount=1.0)))
    stop = STOP._replace(amount=1.5)
    assert (
        names(look(selling, seen=account(stop, holdings={"ABC": 1.5}), terms=Terms(stops_rest=True, resting=1e6))) == []
    )


def test_contracts_of_any_pair() -> None:
    """A position of a pair that the bot does not trade is somebody's all the same."""
    seen = account(
        is_futures=True, holdings={PAIR: 2.0, "XYZ": -1.0}, markets={PAIR: MARKET, "XYZ": Market("XYZ", "XYZ")}
    )
    assert only(look(seen=seen)).pair == "XYZ"


def test_a_stale_price() -> None:
    """A halted market, no price, no trade for five minutes."""
    halted = account(markets={PAIR: MARKET._replace(is_active=False)})
    old = account(prices={PAIR: Price(100.0, NOW - 300)})
    fresh = account(prices={PAIR: Price(100.0, NOW - 299)})
    assert [names(look(seen=seen)) for seen in (halted, old, fresh)] == [["stale_price"], ["stale_price"], []]
    assert names(look(seen=account(prices={}))) == ["stale_price"]


@pytest.mark.parametrize(
    ("trouble", "name", "severity"),
    [
        (Trouble.MISSING, "missing_state", Severity.WARNING),
        (Trouble.OF_ANOTHER_TRADE, "missing_state", Severity.WARNING),
        (Trouble.UNREADABLE, "unusable_state", Severity.WARNING),
        (Trouble.NEWER, "unusable_state", Severity.CRITICAL),
    ],
)
def test_states(trouble: Trouble, name: str, severity: Severity) -> None:
    """Missing or of another trade, damaged, newer; in shadow none is needed."""
    found = only(look(trade(stored=StoredState(None, trouble, "why"))))
    assert (found.name, found.severity) == (name, severity)
    assert "why" in found.sentence
    assert names(look(trade(stored=StoredState(None, is_shadowed=True)))) == []


@pytest.mark.parametrize(
    ("bot", "words"),
    [
        (BotView(Pulse.ANSWERS, NOW - 69, NOW - 500), None),
        (BotView(Pulse.ANSWERS, NOW - 70, NOW - 500), "has not finished a loop for 70 s"),
        (BotView(Pulse.ANSWERS, NOW - 99, NOW - 500, "stopped"), "was stopped"),
        (BotView(Pulse.ANSWERS, None, NOW - 80), "has not finished a loop for 80 s"),
        (BotView(Pulse.ANSWERS, None, NOW - 10), None),
        (BotView(Pulse.UNREACHABLE, detail="no answer"), "no answer"),
        (BotView(Pulse.REFUSES, detail="wrong"), None),
        (BotView(Pulse.UNKNOWN), None),
    ],
)
def test_a_bot_that_no_longer_looks(bot: BotView, words: str | None) -> None:
    """Sixty seconds and two loops of silence; a wrong password and a bot that cannot be asked say nothing of it."""
    found = findings_in(look(bot=bot))
    assert [finding.name for finding in found] == ([] if words is None else ["bot_no_longer_looks"])
    assert all(str(words) in finding.sentence for finding in found)
    assert all(finding.severity == Severity.CRITICAL for finding in found)


def test_a_breaker_that_is_open() -> None:
    """Of this trade."""
    found = only(look(breakers={7: OpenBreaker(NOW - 9, "broken"), 8: OpenBreaker(NOW, "other")}))
    assert (found.name, found.since, "broken" in found.sentence) == ("open_breaker", NOW - 9, True)


@pytest.mark.parametrize(
    ("amount", "age", "count"), [(1.0, 59, 0), (1.0, 60, 1), (2.0, 600, 0)], ids=["young", "old", "whole"]
)
def test_a_partial_exit_that_rests(amount: float, age: float, count: int) -> None:
    """After a minute; an exit of the whole position is none."""
    part = order("x1", "sell", stop_price=None, amount=amount, price=104.0, ordered_at=NOW - age, tag="robustop_2R")
    found = findings_in(look(trade(orders=(ENTRY, order(), part))))
    assert [finding.name for finding in found] == ["partial_exit_rests"] * count
    assert all("(robustop_2R) of 1 at 104" in finding.sentence for finding in found)


def test_orders_that_take_profit_are_no_stops() -> None:
    """They have a trigger, too."""
    assert not OpenOrder("1", PAIR, "sell", "take_profit_market", trigger=110.0).is_stop
