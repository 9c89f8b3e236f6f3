"""What a start finds in the trade database: lost trades, another time zone, no patience with locks."""

import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from freqtrade.exceptions import OperationalException
from freqtrade.persistence import Trade, disable_database_use, init_db
from freqtrade.persistence.custom_data import _CustomData

from robustop_plugin.bridge.startup.trade_database import (
    RENAMED,
    database_surprises,
    left_behind,
    look_at_trade_database,
    shifted_dates,
)
from tests.support.hand_candles import PAIR
from tests.support.postgres import new_database
from tests.support.trades import in_database

Opened = Callable[[str], sa.Engine]


@pytest.fixture
def opened() -> Iterator[Opened]:
    """Return what opens a trade database as a bot does."""

    def open_as_bot(url: str) -> sa.Engine:
        init_db(url)
        engine = Trade.session.get_bind()
        assert isinstance(engine, sa.Engine)
        return engine

    yield open_as_bot
    Trade.session.remove()
    _CustomData.session.remove()
    Trade.session.get_bind().dispose()
    disable_database_use("5m")


def run(engine: sa.Engine, *statements: str) -> None:
    """Run statements in one transaction."""
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(sa.text(statement))


def test_a_migration_that_failed_keeps_the_bot_from_starting(postgres: str, opened: Opened) -> None:
    """On PostgreSQL it looks for a sequence that Freqtrade's databases do not have, after the renaming."""
    url = new_database(postgres)
    engine = opened(url)
    trade = in_database()
    Trade.commit()
    number, pair = trade.id, trade.pair
    Trade.session.remove()  # an open transaction would keep the tables from being changed
    assert not list(left_behind(engine))
    run(engine, "ALTER TABLE trades DROP COLUMN record_version")  # as in the database of an older release
    with pytest.raises(sa.exc.SQLAlchemyError, match="order_id_seq"):
        init_db(url)
    opened(url)
    assert Trade.get_open_trade_count() == 0
    with pytest.raises(OperationalException, match=rf"1 open trades in trades_bak0 .*{number} \({pair}\).*{RENAMED}"):
        look_at_trade_database()


def test_a_migration_of_postgresql_works_once_the_sequence_is_renamed(postgres: str, opened: Opened) -> None:
    """As the sentence says; a table of another program that refers to the trades is no obstacle."""
    url = new_database(postgres)
    engine = opened(url)
    number = in_database().id
    Trade.session.remove()
    older, notes = (
        "ALTER TABLE trades DROP COLUMN record_version",
        "CREATE TABLE notes (trade_id integer REFERENCES trades(id))",
    )
    run(engine, older, notes, RENAMED)
    engine = opened(url)
    with engine.connect() as connection:
        assert connection.execute(sa.text("SELECT id FROM trades WHERE is_open")).scalars().all() == [number]
    assert not list(left_behind(engine))


def test_a_migration_that_worked_is_no_problem(tmp_path: Path, opened: Opened) -> None:
    """The backup still says that the trade is open; it was carried over, and has been closed since."""
    engine = opened(f"sqlite:///{tmp_path / 'trades.sqlite'}")
    assert [in_database().id for _ in range(2)] == [1, 2]
    Trade.commit()
    run(engine, "ALTER TABLE trades DROP COLUMN record_version")
    Trade.session.remove()
    engine = opened(f"sqlite:///{tmp_path / 'trades.sqlite'}")
    assert "trades_bak0" in sa.inspect(engine).get_table_names()
    assert not list(left_behind(engine))
    run(engine, "UPDATE trades SET is_open = 0", "DELETE FROM trades WHERE id = 2")
    assert not list(left_behind(engine))


def test_trades_left_in_a_backup_are_named(tmp_path: Path, opened: Opened) -> None:
    """Closed trades of the backup are no loss; new trades with the old numbers are others."""
    engine = opened(f"sqlite:///{tmp_path / 'trades.sqlite'}")
    assert [in_database().id for _ in range(2)] == [1, 2]
    Trade.commit()
    run(
        engine,
        "UPDATE trades SET is_open = 0 WHERE id = 2",
        "CREATE TABLE trades_bak3 AS SELECT * FROM trades",
        "UPDATE trades SET open_date = '2031-01-01 00:00:00.000000'",
    )
    (sentence,) = left_behind(engine)
    assert f"1 open trades in trades_bak3 that are missing in trades: 1 ({PAIR})." in sentence
    assert "restore the database from before the update" in sentence


@pytest.mark.parametrize(("zone", "is_shifted"), [("America/New_York", True), ("Europe/London", True), ("UTC", False)])
def test_a_time_zone_of_the_server_is_named(postgres: str, opened: Opened, zone: str, is_shifted: bool) -> None:
    """London is at UTC in winter only; the cure that the sentence names works."""
    url = new_database(postgres)
    opened(url)
    run(Trade.session.get_bind(), f"ALTER DATABASE {sa.make_url(url).database} SET timezone TO '{zone}'")
    Trade.session.get_bind().dispose()
    sentences = list(shifted_dates(opened(url)))
    assert bool(sentences) is is_shifted
    if is_shifted:
        assert zone in sentences[0]
        assert "add ?options=-c%20timezone%3DUTC to db_url" in sentences[0]
        cured = opened(f"{url}?options=-c%20timezone%3DUTC")
        assert not list(shifted_dates(cured))


@pytest.mark.parametrize(
    ("url", "asks"),
    [
        ("sqlite:///trades.sqlite", True),
        ("sqlite:///trades.sqlite?timeout=5", True),
        ("sqlite:///trades.sqlite?timeout=soon", True),
        ("sqlite:///trades.sqlite?timeout=30", False),
        ("sqlite://", False),
        ("postgresql+psycopg://nobody@127.0.0.1/trades", False),
    ],
)
def test_a_database_in_a_file_is_asked_to_wait(url: str, asks: bool) -> None:
    """SQLite gives up after five seconds unless the URL says otherwise."""
    sentences = list(database_surprises(sa.make_url(url)))
    assert bool(sentences) is asks
    if asks:
        assert "such as sqlite:///trades.sqlite?timeout=30" in sentences[0]


def test_a_start_says_it(tmp_path: Path, opened: Opened, caplog: pytest.LogCaptureFixture) -> None:
    """A bot's log has the sentence; a database that cannot be examined does not keep a bot from starting."""
    engine = opened(f"sqlite:///{tmp_path / 'trades.sqlite'}")
    with caplog.at_level(logging.WARNING):
        look_at_trade_database()
        assert "?timeout=30" in caplog.text
        run(engine, "CREATE TABLE trades_bak0 (other integer)")
        look_at_trade_database()
    assert "the trade database was not examined" in caplog.text
