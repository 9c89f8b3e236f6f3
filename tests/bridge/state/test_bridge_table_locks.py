"""robustop's tables while other programs lock or create them, and records in states that are of no use any more."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest
import sqlalchemy as sa
from freqtrade.persistence import Trade
from freqtrade.persistence.custom_data import _CustomData

from robustop_plugin.audit.requests import Requests, make_tables
from robustop_plugin.audit.table import read_table
from tests.support.hand_candles import Hand, at
from tests.support.host import Host
from tests.support.trades import in_database

LONGEST_WAIT = 10.0
"""In seconds: far less than a person's transaction takes, and more than the timeout on a busy machine."""


def fill(strategy: Any, **over: Any) -> Trade:
    """Return a trade of 10 at 100 whose fill was just reported to the strategy."""
    trade = in_database(**{"max_rate": None, "min_rate": None, **over})
    now = over.get("open_date", at(0))
    strategy.order_filled(pair=trade.pair, trade=trade, order=trade.orders[0], current_time=now)
    strategy.ft_stoploss_adjust(100.0, trade, now, 0.0, 0, after_fill=True)
    Trade.commit()
    return trade


def stored() -> list[str]:
    """Return action and sequence number of the stored records."""
    records = read_table(Trade.session.get_bind())
    return [f"{record['action']} {record['token'].rpartition(':')[2]}" for record in records]


@contextmanager
def locked(url: str, table: str) -> Iterator[None]:
    """Hold a table of PostgreSQL as a person's `ALTER TABLE` in an open transaction does."""
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        connection.execute(sa.text(f"LOCK TABLE {table}"))
        yield
    engine.dispose()


def seconds_of(act: Callable[[], object]) -> float:
    """Return how long an act takes; one that would wait without end is given up after a minute."""
    began = time.monotonic()
    thread = Thread(target=act, daemon=True)
    thread.start()
    thread.join(60.0)
    return time.monotonic() - began


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_a_locked_audit_table_does_not_stop_the_bot(host: Host, url: str) -> None:
    """The loop goes on, states are written in the same loop, and the record is stored once the lock is gone."""
    strategy = host.start(Hand, runmode="dry_run", db_url=url)
    trade = fill(strategy)
    strategy.analyze([])
    strategy.should_exit(trade, 102.0, at(1), enter=False, exit_=False)
    Trade.commit()
    with locked(url, "robustop_audit"):
        assert seconds_of(lambda: strategy.analyze([])) < LONGEST_WAIT
        strategy.should_exit(trade, 104.0, at(2), enter=False, exit_=False)
        Trade.commit()
        assert trade.stop_loss == 102.0
        assert trade.get_custom_data("robustop")["memory"]["stop"] == 102.0
        _CustomData.session.rollback()
    strategy._robustop.recorder.sink._next_try = 0.0
    strategy.analyze([])
    assert stored() == ["initial 1", "move 2", "move 3"]


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_a_locked_table_of_requests_does_not_stop_the_bot(host: Host, url: str) -> None:
    """A poll gives up, the stop moves on, and later positions of the loop do not wait again."""
    make_tables(Trade.session.get_bind())
    strategy = host.start(Hand, runmode="dry_run", db_url=url)
    trade = fill(strategy)
    strategy.analyze([])
    with locked(url, "robustop_requests"):
        began = time.monotonic()
        with pytest.raises(sa.exc.OperationalError, match="lock timeout"):
            Requests(Trade.session.get_bind()).standing()
        strategy.should_exit(trade, 102.0, at(1), enter=False, exit_=False)
        Trade.commit()
        assert time.monotonic() - began < 2 * LONGEST_WAIT
    assert trade.stop_loss == 100.15


def test_several_may_create_the_tables_at_once(tmp_path: Path) -> None:
    """SQLite creates table by table: whoever meets another halfway goes on with the next one."""
    failed: list[Exception] = []
    for turn in range(20):
        engines, barrier = [sa.create_engine(f"sqlite:///{tmp_path}/{turn}.sqlite") for _ in range(3)], Barrier(3)

        def create(engine: sa.Engine, barrier: Barrier = barrier) -> None:
            with engine.connect():
                barrier.wait()
            try:
                make_tables(engine)
            except sa.exc.SQLAlchemyError as error:
                failed.append(error)

        threads = [Thread(target=create, args=(engine,)) for engine in engines]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for engine in engines:
            engine.dispose()
    assert failed == []


def carrier(host: Host, url: str) -> int:
    """Return the number of a trade whose state carries a record that is not stored, of a bot that was killed."""
    number = fill(host.start(Hand, runmode="dry_run", db_url=url)).id
    Trade.session.remove()
    _CustomData.session.remove()
    assert stored() == []
    return int(number)


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_the_records_of_a_trade_whose_number_is_given_again_are_stored(host: Host, url: str) -> None:
    """A person deletes the trade while the bot is down: its record is stored before its state is deleted."""
    number = carrier(host, url)
    with Trade.session.get_bind().begin() as connection:
        for table in ("orders", "trades"):
            connection.execute(sa.text(f"DELETE FROM {table}"))  # noqa: S608 (fixed names)
    strategy = host.start(Hand, runmode="dry_run", db_url=url)
    second = fill(strategy, id=number, open_date=at(5))
    strategy.analyze([])
    assert stored() == ["initial 1", "initial 1"]
    assert second.stop_loss == 98.0


def test_the_records_of_a_damaged_state_are_stored(host: Host, url: str) -> None:
    """The state is not readable and the trade is adopted; what its state carried is in the audit before that."""
    number = carrier(host, url)
    with Trade.session.get_bind().begin() as connection:
        damaged = "UPDATE trade_custom_data SET cd_value = replace(cd_value, '\"memory\"', '\"memories\"')"
        assert connection.execute(sa.text(damaged)).rowcount == 1
    strategy = host.start(Hand, runmode="dry_run", db_url=url)
    trade = Trade.get_trades([Trade.id == number]).one()
    strategy.should_exit(trade, 100.0, at(1), enter=False, exit_=False)
    Trade.commit()
    strategy.analyze([])
    assert [record.split()[0] for record in stored()] == ["initial", "adopted"]
