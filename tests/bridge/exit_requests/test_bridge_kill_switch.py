"""The kill switch of a bot: a row in its trade database closes everything and keeps it closed across restarts.

The trade was bought at 100; the initial stop is 98.
"""

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from freqtrade.enums import ExitType
from freqtrade.persistence import Trade, init_db

from robustop_plugin.audit.adjustments import Adjustments
from robustop_plugin.audit.requests import DRAWDOWN, EXIT, PANIC, RESUME, Requests
from robustop_plugin.bridge.exit_requests.trading_halt import NEW_EXITS_PER_ROUND
from robustop_plugin.core.exit_reason import ExitReason
from tests.support.bots import KEY, Bot, enters
from tests.support.fault_injection import refuse
from tests.support.hand_candles import PAIR, Hand, at
from tests.support.host import Host
from tests.support.trades import in_database

LEAVES = [(ExitType.EMERGENCY_EXIT, "robustop_emergency")]
MANUAL = [(ExitType.EMERGENCY_EXIT, "robustop_manual")]


@pytest.fixture
def bot(host: Host, path: Path, tmp_path: Path) -> Bot:
    """Return a bot on that database."""
    return Bot(host, tmp_path / "audit.jsonl")


def test_a_panic_closes_every_trade_and_refuses_entries_until_resume(bot: Bot, requests: Requests) -> None:
    """The stop does not move, the tag is constant, the refusal says why, and a resume ends it."""
    first, second = bot.bought(), in_database()
    assert bot.look(first, 101.0) == []
    assert enters(bot, 1)
    requests.ask(PANIC, 1.0, "hack")
    for candle in (2, 3):
        assert bot.look(first, 101.0, candle) == LEAVES
        assert bot.look(second, 101.0, candle) == LEAVES
    assert not enters(bot, 4)
    assert first.stop_loss == 98.0
    assert bot.records("action", "reason")[-1] == ("refused", "panic (hack): `robustop resume` lets entries in again")
    assert bot.records("reason").count(("robustop_emergency",)) == 2
    requests.ask(RESUME, 2.0, "over")
    assert bot.look(first, 101.0, 5) == []
    assert enters(bot, 6)


def test_a_bot_asks_the_database_no_more_than_every_two_seconds(bot: Bot, requests: Requests) -> None:
    """Between two polls a check costs nothing; the next poll finds the request."""
    trade = bot.bought()
    look = bot.strategy.should_exit
    assert bot.look(trade, 101.0) == []
    requests.ask(PANIC, 1.0, "hack")
    seen = [look(trade, 101.0, at(1) + timedelta(seconds=seconds), enter=False, exit_=False) for seconds in (1, 1.9, 2)]
    assert [len(exits) for exits in seen] == [0, 0, 1]


def test_a_panic_survives_a_restart(host: Host, bot: Bot, requests: Requests) -> None:
    """The next process closes what is still open, and refuses entries."""
    trade = bot.bought()
    requests.ask(PANIC, 1.0, "hack")
    restarted = Bot(host, bot.path)
    assert not enters(restarted, 1)
    assert restarted.look(trade, 101.0, 1) == LEAVES


class Objects(Hand):
    """Vetoes all exits, and signals them."""

    def confirm_trade_exit(self, *args: Any, **kwargs: Any) -> bool:
        """Refuse."""
        return False


def test_neither_an_exit_signal_nor_a_veto_comes_first(
    host: Host, bot: Bot, requests: Requests, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An exit signal would be vetoed: the emergency exit replaces it, and passes."""
    monkeypatch.setattr("tests.support.bots.Hand", Objects)
    strict = Bot(host, bot.path)
    trade = strict.bought()
    requests.ask(PANIC, 1.0, "hack")
    ours, other = strict.strategy.should_exit(trade, 101.0, at(1), enter=False, exit_=True)
    assert (ours.exit_reason, other.exit_reason) == ("robustop_emergency", "exit_signal")
    confirm = (PAIR, trade, "market", 10.0, 101.0, "GTC")
    assert strict.strategy.confirm_trade_exit(*confirm, exit_reason=ours.exit_reason, current_time=at(1))
    assert not strict.strategy.confirm_trade_exit(*confirm, exit_reason="exit_signal", current_time=at(1))


def test_a_stop_that_is_hit_is_the_host_s_all_the_same(bot: Bot, requests: Requests) -> None:
    """A hit stop comes first."""
    trade = bot.bought()
    requests.ask(PANIC, 1.0, "hack")
    assert bot.look(trade, 98.0) == [(ExitType.STOP_LOSS, "stop_loss")]


def test_closing_is_paced(bot: Bot, requests: Requests) -> None:
    """Each check of all positions starts a limited number of exits; exits already started continue."""
    trades = [in_database() for _ in range(NEW_EXITS_PER_ROUND + 2)]
    requests.ask(PANIC, 1.0, "hack")
    begun = [[len(bot.look(trade, 101.0, candle)) for trade in trades] for candle in (1, 2)]
    assert begun == [[1] * NEW_EXITS_PER_ROUND + [0, 0], [1] * (NEW_EXITS_PER_ROUND + 2)]


def test_one_trade_is_closed_by_hand_once(host: Host, bot: Bot, requests: Requests) -> None:
    """Across a restart it still exits, the others stay, and a later trade with its id is a different one."""
    first, second = bot.bought(), in_database()
    requests.ask(EXIT, at(1).timestamp(), "delisted", (second.id,))
    assert bot.look(first, 101.0) == []
    assert bot.look(second, 101.0) == MANUAL
    restarted = Bot(host, bot.path)
    assert restarted.look(second, 101.0, 2) == MANUAL
    assert enters(restarted, 2)
    second.is_open = False
    Trade.commit()
    assert restarted.look(first, 101.0, 3) == []
    assert requests.standing().exits == {}
    second.is_open = True
    Trade.commit()
    assert restarted.look(second, 101.0, 4) == []


def test_a_resume_takes_back_the_exit_of_one_trade(bot: Bot, requests: Requests) -> None:
    """Requests from before the resume are void."""
    trade = bot.bought()
    requests.ask(EXIT, 1.0, "delisted", (trade.id,))
    requests.ask(RESUME, 2.0, "not delisted")
    assert bot.look(trade, 101.0) == []


@pytest.mark.parametrize("broken", ["_decide", "_note_exit", "_settings_of"])
def test_a_panic_gets_through_an_error_of_ours(
    bot: Bot, requests: Requests, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    """Even if no decision can be made, a user's request to exit works."""
    trade = bot.bought()
    requests.ask(PANIC, 1.0, "hack")
    monkeypatch.setattr(bot.strategy._robustop, broken, refuse)
    assert bot.look(trade, 101.0) == LEAVES


def test_a_panic_closes_a_trade_that_is_otherwise_left_alone(bot: Bot, requests: Requests) -> None:
    """A state written by a newer robustop is not touched; the trade is closed."""
    trade = bot.bought()
    trade.set_custom_data(KEY, {**trade.get_custom_data(KEY), "schema": 99})
    bot.strategy._robustop.open_trades.forget(trade.id)
    assert bot.look(trade, 101.0) == []
    requests.ask(PANIC, 1.0, "hack")
    assert bot.look(trade, 101.0, 2) == LEAVES


def test_a_database_that_cannot_be_asked_changes_nothing_but_entries(
    bot: Bot, requests: Requests, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The stop moves on, a known panic stays in force, entries are refused, and the log says so once."""
    first = bot.bought()
    with monkeypatch.context() as broken:
        broken.setattr(Adjustments, "poll", refuse)
        assert bot.look(first, 102.5) == []
        assert bot.look(first, 102.4, 2) == []
        assert first.stop_loss == 100.15
        assert not enters(bot, 3)
    assert bot.strategy._robustop.errors.failures == 2
    assert caplog.text.count("failed for HAND/USDT; the stop in force stays") == 1
    requests.ask(PANIC, 1.0, "hack")
    assert bot.look(first, 102.4, 4) == LEAVES
    monkeypatch.setattr(Adjustments, "poll", refuse)
    assert bot.look(first, 102.4, 5) == LEAVES


def test_a_bot_lives_through_a_lock_of_its_database(bot: Bot, requests: Requests, path: Path) -> None:
    """Another process holds a write lock on the database: the request before it is still read."""
    trade = bot.bought()
    bot.look(trade, 100.5)
    requests.ask(PANIC, 1.0, "hack")
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("begin immediate")
        standing = Requests(Trade.session.get_bind(), prepared=True).standing()
        other.execute("rollback")
    assert standing.panic == "hack"
    assert bot.look(trade, 100.5, 2) == LEAVES


def test_the_tables_are_left_alone_by_the_host(path: Path, requests: Requests) -> None:
    """A start of Freqtrade on the same file migrates its own tables and keeps robustop's."""
    requests.ask(DRAWDOWN, 1.0, "kept")
    init_db(f"sqlite:///{path}")
    assert Requests(Trade.session.get_bind()).standing().drawdown == "kept"


def test_a_trade_database_in_memory_has_no_table(host: Host, database: None, tmp_path: Path) -> None:
    """No other process could reach it; a panic cannot be requested, and nothing fails."""
    bot = Bot(host, tmp_path / "audit")
    assert bot.look(bot.bought(), 101.0) == []
    assert enters(bot, 2)
    assert bot.strategy._robustop.errors.failures == 0


def test_a_panic_needs_no_price(bot: Bot, requests: Requests) -> None:
    """Without a price it is unknown whether the stop is hit, and nothing can be decided: the trade is closed."""
    trade = bot.bought()
    requests.ask(PANIC, 1.0, "hack")
    exits = bot.strategy._robustop.exit_requests
    nothing: Any = None
    exits.refresh(trade, nothing, at(2))
    assert exits.fallback_exit(trade, at(2)) is ExitReason.EMERGENCY
