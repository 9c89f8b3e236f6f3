"""Messages about the whole bot: a restarted bot finds the same again, and does not report it twice."""

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from freqtrade.persistence import Trade

from robustop_plugin.audit.requests import PANIC, RESUME, Requests
from robustop_plugin.audit.sent_messages import SECONDS_TO_REMEMBER, SentMessages
from robustop_plugin.bridge.messages.message import Message
from robustop_plugin.bridge.state.error_log import ErrorReporter
from tests.support.bots import Bot
from tests.support.host import Host


class Sent(list[str]):
    """Freqtrade's data provider, as far as messages go."""

    def send_msg(self, text: str, **_: Any) -> None:
        """Take a message."""
        self.append(text)


@pytest.fixture
def database(tmp_path: Path) -> SentMessages:
    """Return the table in a database of its own."""
    return SentMessages(sa.create_engine(f"sqlite:///{tmp_path / 'trades.sqlite'}"))


def reporter(database: SentMessages | None) -> tuple[ErrorReporter, Sent]:
    """Return what a process reports with, and what it sends."""
    sent = Sent()
    return ErrorReporter(sent, silent=False, memory=lambda: database), sent


def test_a_key_is_sent_once_over_restarts(database: SentMessages) -> None:
    """The same event is found by three processes, with another time in its text each; another event is sent."""
    counts = []
    for process in range(3):
        errors, sent = reporter(database)
        for _ in range(2):
            errors.notify(Message(f"since {process} more coins are there", "balance HAND"), "unexplained")
            errors.new_loop()
        errors.notify(Message(f"an order of process {process}", f"order {process}"), "unexplained")
        errors.new_loop()
        counts.append(len(sent))
    assert counts == [2, 1, 1]


def test_without_a_key_a_message_is_always_sent() -> None:
    """What is a new event each time, such as a breaker that opens again, is no repetition."""
    errors, sent = reporter(None)
    for _ in range(2):
        errors.notify("a breaker was opened", "breaker")
    assert len(sent) == 2


def test_a_database_that_fails_costs_no_message(database: SentMessages, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message is sent; that it was is written once the database takes it."""
    errors, sent = reporter(database)

    def broken(*_: Any) -> Any:
        raise sa.exc.OperationalError("insert", {}, Exception("database is locked"))

    with monkeypatch.context() as locked:
        locked.setattr(SentMessages, "add", broken)
        locked.setattr(SentMessages, "known", broken)
        errors.notify(Message("panic", "panic 0"), "emergency")
        errors.new_loop()
    assert sent == ["robustop: panic"]
    assert database.known() == set()
    errors.new_loop()
    assert database.known() == {"panic 0"}


def test_very_old_keys_are_forgotten(database: SentMessages) -> None:
    """After a month what is still there is reported again."""
    database.add(["old"], 0.0)
    database.add(["new"], SECONDS_TO_REMEMBER + 1)
    assert database.known() == {"new"}


def test_a_panic_is_announced_once_and_the_next_one_again(host: Host, tmp_path: Path, requests: Requests) -> None:
    """A restart in a panic says nothing new; after `robustop resume` another panic for the same reason is one."""
    texts: list[str] = []

    def bot() -> Bot:
        started = Bot(host, tmp_path / "audit.jsonl")
        started.strategy.dp.send_msg = lambda text, **_: texts.append(text)
        started.strategy._robustop.exit_requests._source._polled = -1e9
        return started

    trade = bot().bought(100.0)
    texts.clear()
    requests.ask(PANIC, 1.0, "hack")
    for candle in (1, 2):
        started = bot()
        started.look(trade, 100.5, candle)
        Trade.commit()
        started.strategy.analyze([])
    assert [text for text in texts if "panic" in text] == ["robustop: panic (hack): every position is closed"]
    requests.ask(RESUME, 2.0, "")
    requests.ask(PANIC, 3.0, "hack")
    bot().look(trade, 100.5, 9)
    assert len([text for text in texts if "panic" in text]) == 2
