"""A trade database that is full, read-only, or gone for a while: the stops move, and the user is told once."""

import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from freqtrade.optimize.backtesting import Backtesting
from freqtrade.persistence import Trade, disable_database_use, init_db
from freqtrade.persistence.custom_data import CustomDataWrapper, _CustomData

from robustop_plugin.bridge.state.database_health import FREE_TRIES, LONGEST_PAUSE, DatabaseHealth
from tests.support.bots import KEY, Bot
from tests.support.hand_candles import at
from tests.support.host import Host
from tests.support.postgres import new_database, server
from tests.support.trade_database import open_database_of_host

DOWN, UP = "the trade database fails", "the trade database works again"


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    """Return the URL of a PostgreSQL server."""
    with server() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, host: Host, tmp_path: Path) -> Iterator[str]:
    """Give the host a trade database that other programs can reach, of both kinds."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'trades.sqlite'}?timeout=0.01"
    else:
        url = new_database(request.getfixturevalue("postgres"))
    with open_database_of_host(url):
        yield url


class Listening(Bot):
    """A bot whose messages are collected."""

    def __init__(self, host: Host, path: Path) -> None:
        """Start the bot."""
        super().__init__(host, path)
        self.texts: list[str] = []
        self.strategy.dp.send_msg = lambda text, **_: self.texts.append(text)

    def about(self, words: str) -> list[str]:
        """Return the messages with these words."""
        return [text for text in self.texts if words in text]

    def glance(self, trades: list[Trade], price: float, candle: int) -> None:
        """Check all trades in a loop, without a commit of Freqtrade's."""
        self.strategy.analyze([])
        with Trade.session.no_autoflush:
            for trade in trades:
                self.strategy.should_exit(trade, price, at(candle), enter=False, exit_=False)


@pytest.mark.parametrize("trouble", ["locked", "read-only"])
def test_writes_that_fail_have_one_message_and_stops_move(
    host: Host, url: str, tmp_path: Path, trouble: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three trades and four loops: one message when it begins, one when it is over, and everything is written then."""
    bot = Listening(host, tmp_path / "audit.jsonl")
    trades = [bot.bought(100.0) for _ in range(3)]
    real = CustomDataWrapper.set_custom_data

    def refuses(**_: Any) -> None:
        texts = {"locked": "database is locked", "read-only": "attempt to write a readonly database"}
        raise sa.exc.OperationalError("INSERT INTO trade_custom_data", {}, sqlite3.OperationalError(texts[trouble]))

    monkeypatch.setattr(CustomDataWrapper, "set_custom_data", staticmethod(refuses))
    for candle, price in enumerate((102.0, 102.5, 104.0, 104.2), 1):
        bot.glance(trades, price, candle)
    assert {trade.stop_loss for trade in trades} == {102.0}
    (text,) = bot.about(DOWN)
    assert trouble.replace("read-only", "readonly") in text
    assert "stay in force and go on moving" in text
    assert "INSERT" not in text
    assert bot.about(UP) == []
    monkeypatch.setattr(CustomDataWrapper, "set_custom_data", staticmethod(real))
    bot.strategy.analyze([])
    assert len(bot.about(UP)) == 1
    assert [trade.get_custom_data(KEY)["memory"]["stop"] for trade in trades] == [102.0] * 3


def test_a_disk_that_is_full(host: Host, tmp_path: Path) -> None:
    """SQLite itself says that it is full: the stop moves, and is written once there is room."""
    Backtesting.cleanup()
    path = tmp_path / "trades.sqlite"
    init_db(f"sqlite:///{path}?timeout=0.01")
    bot = Listening(host, tmp_path / "audit.jsonl")
    trade = bot.bought(100.0)
    real = CustomDataWrapper.set_custom_data

    def grows(**values: Any) -> None:
        # A state that is long enough to need another page of the file.
        real(**{**values, "value": {**values["value"], "filler": "x" * 100_000}})

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(CustomDataWrapper, "set_custom_data", staticmethod(grows))
        sa.event.listen(Trade.session.get_bind(), "checkout", no_room)
        bot.glance([trade], 102.0, 1)
        bot.glance([trade], 104.0, 2)
        assert trade.stop_loss == 102.0
        (text,) = bot.about(DOWN)
        assert "database or disk is full" in text
        sa.event.remove(Trade.session.get_bind(), "checkout", no_room)
    with Trade.session.get_bind().connect() as connection:
        connection.execute(sa.text("PRAGMA max_page_count=1000000"))
    bot.strategy.analyze([])
    assert trade.get_custom_data(KEY)["memory"]["stop"] == 102.0
    assert len(bot.about(UP)) == 1
    Trade.session.remove()
    _CustomData.session.remove()
    disable_database_use("5m")


def no_room(connection: Any, *_: Any) -> None:
    """Let a SQLite database grow no more."""
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count={pages}")


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_a_server_that_is_started_again(host: Host, url: str, tmp_path: Path) -> None:
    """Every connection is ended, as by a restart of PostgreSQL: the stop moves, and the next loop writes it."""
    bot = Listening(host, tmp_path / "audit.jsonl")
    trade = bot.bought(100.0)
    Trade.session.remove()  # as at the end of a loop; the trade stays in use
    killer = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    trade = Trade.session.query(Trade).one()
    everybody = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname IS NOT NULL"
    )
    with killer.connect() as connection:
        connection.execute(sa.text(everybody))
    killer.dispose()
    with Trade.session.no_autoflush:
        bot.strategy.should_exit(trade, 104.0, at(1), enter=False, exit_=False)
    assert trade.stop_loss == 102.0
    with suppress(sa.exc.OperationalError):
        Trade.session.rollback()  # Freqtrade's own session
    bot.strategy.analyze([])
    bot.strategy.analyze([])
    found = sa.create_engine(url)
    with found.connect() as connection:
        (kept,) = connection.execute(sa.text("SELECT cd_value FROM trade_custom_data")).scalars()
    found.dispose()
    assert (len(bot.about(DOWN)), len(bot.about(UP))) == (1, 1)
    assert '"stop": 102.0' in kept


def test_tries_to_write_become_rarer() -> None:
    """Five loops in a row try, then the pauses double up to half a minute; reads are tried in every loop."""
    seconds = 0.0
    health = DatabaseHealth(lambda: seconds)
    tries = []
    for _ in range(200):
        health.new_loop()
        assert not health.reads_failed
        if not health.writes_failed:
            tries.append(seconds)
            health.writes_failed = True
        health.reads_failed = True
        seconds += 1.0
    assert tries[: FREE_TRIES + 1] == [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]
    gaps = [later - earlier for earlier, later in zip(tries[FREE_TRIES:], tries[FREE_TRIES + 1 :], strict=False)]
    assert gaps[:5] == [3.0, 5.0, 9.0, 17.0, 31.0]
    assert set(gaps[5:]) == {LONGEST_PAUSE + 1}
    health.writes_failed = False
    health.new_loop()
    assert not health.writes_failed
