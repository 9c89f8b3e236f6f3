"""A bot writes its audit into its trade database, each record once, with the records and tokens of a backtest."""

import logging
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from freqtrade.persistence import Trade, init_db
from freqtrade.persistence.custom_data import _CustomData

from robustop_plugin.audit.table import read_table
from tests.support.hand_candles import Hand, at
from tests.support.host import Host
from tests.support.trades import in_database


def fill(strategy: Any) -> Trade:
    """Return a trade of 10 at 100 whose fill was just reported to the strategy."""
    trade = in_database(max_rate=None, min_rate=None)
    strategy.order_filled(pair=trade.pair, trade=trade, order=trade.orders[0], current_time=at(0))
    strategy.ft_stoploss_adjust(100.0, trade, at(0), 0.0, 0, after_fill=True)
    return trade


def look(strategy: Any, trade: Trade, price: float, candle: int) -> None:
    """Check exits once."""
    strategy.should_exit(trade, price, at(candle), enter=False, exit_=False)


def stored(path: Path) -> list[dict[str, Any]]:
    """Return the records in the table of a database."""
    engine = sa.create_engine(f"sqlite:///{path}")
    try:
        return list(read_table(engine))
    finally:
        engine.dispose()


@pytest.mark.parametrize("mode", ["dry_run", "live"])
def test_it_is_a_table_of_the_trade_database(host: Host, path: Path, mode: str) -> None:
    """Records are stored when the next loop begins; a restart goes on with the numbers of the tokens."""
    over = {"runmode": mode, "db_url": f"sqlite:///{path}"}
    strategy = host.start(Hand, **over)
    trade = fill(strategy)
    assert stored(path) == []
    strategy.analyze([])
    assert [record["action"] for record in stored(path)] == ["initial"]
    look(strategy, trade, 102.0, 1)
    strategy.analyze([])
    restarted = host.start(Hand, **over)
    look(restarted, trade, 104.0, 2)
    restarted.analyze([])
    records = stored(path)
    assert [(record["action"], record["new_stop"]) for record in records] == [
        ("initial", 98.0),
        ("move", 100.15),
        ("move", 102.0),
    ]
    opened = int(trade.open_date_utc.timestamp() * 1000)
    assert [record["token"] for record in records] == [f"{trade.id}:{opened}:{number}" for number in (1, 2, 3)]
    assert records[1]["facts"]["best"] == 102.0


@pytest.mark.parametrize("stored_before", [False, True], ids=["before it is stored", "after it is stored"])
def test_a_record_survives_its_process(host: Host, path: Path, stored_before: bool) -> None:
    """Whether the process dies before or after a record is stored, the next one has it once."""
    over = {"runmode": "live", "db_url": f"sqlite:///{path}"}
    strategy = host.start(Hand, **over)
    trade = fill(strategy)
    look(strategy, trade, 102.0, 1)
    if stored_before:
        strategy.analyze([])
    restarted = host.start(Hand, **over)
    look(restarted, trade, 102.0, 2)
    restarted.analyze([])
    assert [record["action"] for record in stored(path)] == ["initial", "move"]


def test_a_loop_without_an_event_writes_nothing(host: Host, path: Path) -> None:
    """A bot that only looks makes no statement that writes."""
    strategy = host.start(Hand, runmode="live", db_url=f"sqlite:///{path}")
    trade = fill(strategy)
    look(strategy, trade, 102.0, 1)
    strategy.analyze([])
    written: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.lstrip().upper().startswith(("SELECT", "PRAGMA")):
            written.append(statement)

    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    try:
        look(strategy, trade, 101.9, 2)
        strategy.analyze([])
        look(strategy, trade, 101.8, 3)
        strategy.analyze([])
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", note)
    assert written == []


@pytest.mark.usefixtures("database")
def test_a_database_in_memory_has_a_file_beside(host: Host, tmp_path: Path) -> None:
    """Its only connection may be in the middle of a change of Freqtrade's."""
    strategy = host.start(Hand, runmode="dry_run", db_url="sqlite://", user_data_dir=tmp_path)
    fill(strategy)
    assert [path.name for path in tmp_path.glob("*.jsonl")] == ["memory.robustop-audit.jsonl"]


def test_a_restart_knows_the_best_price_that_only_freqtrade_has_written(host: Host, path: Path) -> None:
    """The states are completed with Freqtrade's own extremes, however early a start reads them."""
    over = {"runmode": "live", "db_url": f"sqlite:///{path}"}
    trade = fill(host.start(Hand, **over))
    # A better price that moved nothing was seen, and Freqtrade has committed it before the kill.
    trade.max_rate = 100.2
    Trade.commit()
    restarted = host.start(Hand, **over)
    assert restarted._robustop.store.get(trade).memory.best == 100.2


def test_a_bot_that_is_ended_stores_what_waits(host: Host, path: Path) -> None:
    """Freqtrade's cleanup, which also comes before a configuration is read again, stores the last loop's records."""
    strategy = host.start(Hand, runmode="dry_run", db_url=f"sqlite:///{path}")
    fill(strategy)
    strategy.ft_bot_cleanup()
    assert [record["action"] for record in stored(path)] == ["initial"]


def test_a_refused_entry_is_stored_at_once(host: Host, path: Path) -> None:
    """It belongs to no trade whose state could carry it."""
    strategy = host.start(Hand, runmode="dry_run", db_url=f"sqlite:///{path}")
    strategy._robustop.entries.checks.append(lambda _: "too many")
    assert not strategy.confirm_trade_entry("HAND/USDT", "market", 1.0, 100.0, "GTC", at(0), None, "long")
    assert [(record["action"], record["trade_id"], record["reason"]) for record in stored(path)] == [
        ("refused", 0, "too many")
    ]


def test_the_last_record_is_stored_before_freqtrade_commits_the_end(host: Host, path: Path) -> None:
    """A kill after Freqtrade's commit finds it stored; after a kill before it, the fill is reported again."""
    strategy = host.start(Hand, runmode="dry_run", db_url=f"sqlite:///{path}")
    trade = fill(strategy)
    Trade.commit()
    trade.is_open, trade.exit_reason = False, "stop_loss"
    trade.orders[0].ft_order_side = "sell"
    strategy.order_filled(pair=trade.pair, trade=trade, order=trade.orders[0], current_time=at(1))
    with closing(sqlite3.connect(path)) as other:
        assert other.execute("SELECT is_open FROM trades").fetchall() == [(1,)]
    assert [record["action"] for record in stored(path)] == ["initial", "closed"]


@pytest.mark.parametrize("owner", [Trade, _CustomData], ids=["trades", "custom data"])
def test_freqtrade_never_waits_for_its_own_uncommitted_writes(host: Host, path: Path, owner: Any) -> None:
    """While Freqtrade has written to SQLite without a commit, records wait; they are stored in the next loop."""
    strategy = host.start(Hand, runmode="dry_run", db_url=f"sqlite:///{path}")
    fill(strategy)
    owner.session.execute(sa.text("UPDATE trades SET amount = 11"))
    strategy._robustop.recorder.flush()
    assert stored(path) == []
    assert not strategy._robustop.errors.failures
    owner.session.commit()
    strategy.analyze([])
    assert [record["action"] for record in stored(path)] == ["initial"]


def test_a_locked_database_is_asked_once_in_a_loop(
    host: Host, path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the audit has waited for the lock in vain, nothing else waits for it in that loop, and the stop moves."""
    url = f"sqlite:///{path}?timeout=0"
    init_db(url)
    strategy = host.start(Hand, runmode="dry_run", db_url=url)
    trade = fill(strategy)
    look(strategy, trade, 100.0, 0)  # reads requests, for which it creates tables
    Trade.commit()
    with closing(sqlite3.connect(path, isolation_level=None)) as other, caplog.at_level(logging.ERROR):
        other.execute("BEGIN IMMEDIATE")
        strategy.analyze([])
        assert caplog.text.count("the audit waits in memory") == 1
        caplog.clear()
        look(strategy, trade, 102.0, 1)
        assert trade.stop_loss == 100.15
        assert "locked" not in caplog.text
    Trade.commit()
    monkeypatch.setattr(strategy._robustop.recorder.sink, "_next_try", 0.0)
    strategy.analyze([])
    assert [record["action"] for record in stored(path)] == ["initial", "move"]


@pytest.mark.usefixtures("database")
def test_another_kind_of_database_has_a_file_in_the_user_data(host: Host, tmp_path: Path) -> None:
    """It is named after the database, without the password."""
    url = "mysql://somebody:secret@127.0.0.1/trades"
    fill(host.start(Hand, runmode="dry_run", db_url=url, user_data_dir=tmp_path))
    assert [path.name for path in tmp_path.glob("*.jsonl")] == ["trades.robustop-audit.jsonl"]
