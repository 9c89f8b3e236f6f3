"""The stops that persons ask for, in a bot: taken once, never looser, and only for the trade that was meant.

The trade was bought at 100; the initial stop is 98, and the engine's first level is 100.15 at 102.
"""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from freqtrade.enums import ExitType
from freqtrade.persistence import Trade
from sqlalchemy import create_engine, event

from robustop_plugin.audit.adjustments import Adjustment, Adjustments, Verdict
from robustop_plugin.audit.requests import Requests
from robustop_plugin.bridge.exit_requests import asked_stops
from tests.support.bots import KEY, Bot
from tests.support.fault_injection import refuse
from tests.support.hand_candles import BLOCK, PAIR, PERCENT, at
from tests.support.host import Host
from tests.support.trades import in_database

OPENED = int(at(0).timestamp() * 1000)


@pytest.fixture
def table(url: str) -> Iterator[Adjustments]:
    """Return a writer of requests, as the command line has."""
    engine = create_engine(url)
    yield Adjustments(Requests(engine))
    engine.dispose()


@pytest.fixture
def bot(host: Host, url: str, tmp_path: Path) -> Bot:
    """Return a bot on that database."""
    return Bot(host, tmp_path / "audit.jsonl")


def asked(trade: Trade, stop: float, **over: Any) -> Adjustment:
    """Return a request for a stop of a trade."""
    given = (trade.id, OPENED, trade.pair, -1 if trade.is_short else 1, stop, "stop", False, "news", "me@desk", 5.0)
    return Adjustment(*given)._replace(**over)


def outcome(bot: Bot, table: Adjustments, number: int) -> Verdict:
    """Return what became of a request, after the bot has begun its next loop."""
    bot.strategy.analyze([])
    (verdict,) = table.verdicts([number])
    assert table.pending() == ()
    return verdict


def test_a_stop_is_taken_once_and_moved_as_any_other(bot: Bot, table: Adjustments) -> None:
    """State, Freqtrade's stop, audit and table agree; a later look and a restart change nothing."""
    trade = bot.bought()
    (number,) = table.ask([asked(trade, 99.004)])  # off the grid: rounded towards the market, 99.01
    assert bot.look(trade, 101.0) == []
    assert trade.stop_loss == pytest.approx(99.01)
    assert outcome(bot, table, number) == Verdict(number, at(1).timestamp(), 98.0, 99.01)
    told = bot.records("action", "old_stop", "new_stop", "engine", "rule", "reason")[1:]
    why = f"request {number} by me@desk: news"
    assert told == [("adjusted", 98.0, 98.0, "manual", "stop", why), ("move", 98.0, 99.01, "manual", "stop", None)]
    for candle in (2, 3):
        assert bot.look(trade, 101.0, candle) == []
    assert len(bot.records("action")) == 3
    # The engine goes on from there.
    bot.look(trade, 102.0, 4)
    assert trade.stop_loss == pytest.approx(100.15)


def test_a_stop_that_is_not_tighter_is_refused_with_its_bound(bot: Bot, table: Adjustments) -> None:
    """Neither looser nor equal, also where the stop has moved since the person has looked."""
    trade = bot.bought()
    bot.look(trade, 102.0, 1)
    numbers = table.ask([asked(trade, stop) for stop in (99.0, 100.15)])
    bot.look(trade, 102.0, 2)
    refused = [outcome(bot, table, number).refused for number in numbers]
    bound = "it must be above 100.15, the stop in force, which only tightens"
    assert refused == [f"stop was 99: {bound}", f"stop was 100.15: {bound}"]
    assert [action for (action,) in bot.records("action")] == ["initial", "move"]


def test_a_stop_beyond_the_price_closes_only_where_that_is_accepted(bot: Bot, table: Adjustments) -> None:
    """Else it is refused by the bot, which knows the price; accepted, it is an exit by rule 8."""
    trade = bot.bought()
    (first,) = table.ask([asked(trade, 99.5)])
    assert bot.look(trade, 99.2, 1) == []
    assert "would close the trade at the next look" in str(outcome(bot, table, first).refused)
    (second,) = table.ask([asked(trade, 99.5, may_close=True)])
    assert bot.look(trade, 99.2, 2) == [(ExitType.TRAILING_STOP_LOSS, "trailing_stop_loss")]
    assert outcome(bot, table, second).new_stop == 99.5
    assert bot.records("action", "engine", "rule", "reason")[-1] == ("exit", "manual", "stop", "trailing_stop_loss")


def test_below_the_entry_the_stop_waits_and_the_bot_watches_it(bot: Bot, table: Adjustments) -> None:
    """Freqtrade is given no stop under water, as ever; the level exits all the same."""
    trade = bot.bought()
    (number,) = table.ask([asked(trade, 98.5)])
    assert bot.look(trade, 99.5, 1) == []
    assert trade.stop_loss == 98.0
    assert outcome(bot, table, number).new_stop == 98.5
    assert bot.look(trade, 98.4, 2) == [(ExitType.TRAILING_STOP_LOSS, "trailing_stop_loss")]


@pytest.mark.parametrize("anchor", ["price", "candle"])
def test_it_is_taken_inside_a_candle(host: Host, tmp_path: Path, table: Adjustments, anchor: str) -> None:
    """A person's stop waits for no close, where the engines' stops do, and is watched from the same look on."""
    bot = Bot(host, tmp_path / "audit.jsonl", robustop={**BLOCK, "anchor": anchor})
    trade = bot.bought()
    bot.look(trade, 101.0)
    table.ask([asked(trade, 100.5)])
    for seconds, price, exits in ((10, 101.0, []), (15, 100.9, []), (20, 100.4, ["trailing_stop_loss"])):
        now = at(1) + timedelta(seconds=seconds)
        found = bot.strategy.should_exit(trade, price, now, enter=False, exit_=False)
        assert [exit_.exit_reason for exit_ in found] == exits
        assert trade.stop_loss == pytest.approx(100.5)


def test_a_short_is_the_mirror(bot: Bot, table: Adjustments) -> None:
    """Its stop moves down only."""
    trade = in_database(is_short=True, stop_loss=110.0, initial_stop_loss=110.0, max_rate=None, min_rate=None)
    bot.fill(trade)
    bot.look(trade, 100.0)
    looser, tighter = table.ask([asked(trade, 103.0), asked(trade, 101.0, rule="breakeven")])
    bot.look(trade, 99.0, 2)
    assert "it must be below 102, " in str(outcome(bot, table, looser).refused)
    assert outcome(bot, table, tighter).new_stop == 101.0
    assert trade.stop_loss == pytest.approx(101.0)


@pytest.mark.parametrize(
    "over", [{"opened_ms": OPENED - 1}, {"pair": "OTHER/USDT"}, {"side": -1}], ids=["opening", "pair", "side"]
)
def test_a_number_that_was_given_again_is_refused(bot: Bot, table: Adjustments, over: dict[str, Any]) -> None:
    """Number, opening, pair and side have to agree."""
    trade = bot.bought()
    (number,) = table.ask([asked(trade, 99.0, **over)])
    bot.look(trade, 101.0)
    assert outcome(bot, table, number).refused == asked_stops.ANOTHER
    assert trade.stop_loss == 98.0


def test_a_trade_that_was_closed_meanwhile_is_refused(bot: Bot, table: Adjustments) -> None:
    """Another open trade is looked at, which reads the request; the next loop refuses it."""
    closed, other = bot.bought(), in_database()
    closed.is_open = False
    Trade.commit()
    gone, never = table.ask([asked(closed, 99.0), asked(other, 99.0, trade_id=77)])
    bot.look(other, 101.0)
    bot.strategy.analyze([])
    assert [verdict.refused for verdict in table.verdicts([gone, never])] == [asked_stops.CLOSED] * 2


def test_a_resting_entry_waits_for_its_fill(bot: Bot, table: Adjustments) -> None:
    """Without a state there is nothing to tighten yet; the request is taken once there is one."""
    trade = in_database(max_rate=None, min_rate=None, amount=0.0)
    (number,) = table.ask([asked(trade, 99.0)])
    bot.look(trade, 101.0)
    assert [request.number for request in table.pending()] == [number]
    trade.amount = 10.0
    bot.fill(trade)
    bot.look(trade, 101.0, 2)
    bot.look(trade, 101.0, 3)
    assert outcome(bot, table, number).new_stop == 99.0


def test_a_state_of_a_newer_release_is_left_alone(bot: Bot, table: Adjustments) -> None:
    """The request is refused, and says what to do."""
    trade = bot.bought()
    trade.set_custom_data(KEY, {**trade.get_custom_data(KEY), "schema": 99})
    bot.strategy._robustop.open_trades.forget(trade.id)
    (number,) = table.ask([asked(trade, 99.0)])
    bot.look(trade, 101.0)
    assert outcome(bot, table, number).refused == asked_stops.UNTOUCHABLE


def test_a_shadowed_trade_is_refused(host: Host, url: str, tmp_path: Path, table: Adjustments) -> None:
    """Robustop does nothing to it, so it has no stop to tighten."""
    bot = Bot(host, tmp_path / "audit.jsonl", robustop={**PERCENT, "mode": "shadow"})
    trade = bot.bought()
    (number,) = table.ask([asked(trade, 99.0)])
    bot.look(trade, 101.0)
    assert outcome(bot, table, number).refused == asked_stops.SHADOWED
    assert trade.stop_loss == 90.0


def test_a_state_that_cannot_be_written_keeps_the_request(
    bot: Bot, table: Adjustments, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The stop tightens at once; the request is marked only when a restart could not apply it again."""
    trade = bot.bought()
    (number,) = table.ask([asked(trade, 99.0)])
    with monkeypatch.context() as broken:
        broken.setattr("robustop_plugin.bridge.state.store.CustomDataWrapper.set_custom_data", refuse)
        bot.look(trade, 101.0, 1)
        bot.strategy.analyze([])
        assert trade.stop_loss == pytest.approx(99.0)
        assert [request.number for request in table.pending()] == [number]
    bot.strategy.analyze([])
    bot.look(trade, 101.0, 2)
    assert outcome(bot, table, number).new_stop == 99.0
    assert [action for (action,) in bot.records("action")].count("adjusted") == 1


def test_a_still_loop_asks_once_and_writes_nothing(bot: Bot, table: Adjustments) -> None:
    """Both kinds of requests are one SELECT, and a loop without requests commits nothing of robustop's."""
    trade = bot.bought()
    bot.look(trade, 100.5, 1)
    bot.strategy.analyze([])
    engine, statements = Trade.session.get_bind(), []
    note = lambda *args: statements.append(args[2])  # noqa: E731 (removed again below)
    event.listen(engine, "before_cursor_execute", note)
    bot.strategy.analyze([])
    bot.strategy.should_exit(trade, 100.4, at(2), enter=False, exit_=False)
    event.remove(engine, "before_cursor_execute", note)
    ours = [text for text in statements if "robustop" in text]
    assert len(ours) == 1
    assert "robustop_requests" in ours[0]
    assert "robustop_adjustments" in ours[0]
    assert not [text for text in statements if not text.startswith(("SELECT", "SET LOCAL"))]


def test_messages_say_what_became_of_it(host: Host, url: str, tmp_path: Path, table: Adjustments) -> None:
    """One message for a stop that is taken, one for a stop that is refused."""
    bot = Bot(host, tmp_path / "audit.jsonl")
    said: list[str] = []
    bot.strategy.dp.send_msg = lambda text, **_: said.append(text)
    trade = bot.bought()
    first, second = table.ask([asked(trade, 99.0), asked(trade, 98.5)])
    bot.look(trade, 101.0)
    of_them = [text for text in said if "request " in text]
    assert len(of_them) == 2
    assert f"a stop at 99 is taken (request {first} by me@desk: news)" in of_them[0]
    assert f"refused (request {second}): stop was 98.5: it must be above 99, the stop in force" in of_them[1]
    assert PAIR in of_them[1]
