"""A trade database locked by another program: one failed write per loop, whatever the number of positions."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from freqtrade.persistence import Trade
from freqtrade.persistence.custom_data import CustomDataWrapper, _CustomData
from sqlalchemy.exc import IntegrityError, OperationalError

from robustop_plugin.audit.adjustments import Adjustments
from tests.support.bots import KEY
from tests.support.hand_candles import Hand, at
from tests.support.host import Host
from tests.support.trade_database import open_database_of_host
from tests.support.trades import in_database

POSITIONS = 12


@pytest.fixture
def path(host: Host, tmp_path: Path) -> Iterator[Path]:
    """Give the host a trade database in a file, with a very short lock timeout."""
    path = tmp_path / "trades.sqlite"
    with open_database_of_host(f"sqlite:///{path}?timeout=0.01"):
        yield path


@pytest.fixture
def writes(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return a growing list of the ids of the trades whose states are written."""
    asked: list[int] = []
    real = CustomDataWrapper.set_custom_data

    def write(trade_id: int, key: str, value: Any) -> None:
        asked.append(trade_id)
        real(trade_id=trade_id, key=key, value=value)

    monkeypatch.setattr(CustomDataWrapper, "set_custom_data", staticmethod(write))
    return asked


def bought(strategy: Any) -> list[Trade]:
    """Return many trades whose fills were reported to the strategy, each with a stop at 98."""
    trades = []
    for _ in range(POSITIONS):
        trade = in_database(max_rate=None, min_rate=None)
        strategy.order_filled(pair=trade.pair, trade=trade, order=trade.orders[0], current_time=at(0))
        strategy.ft_stoploss_adjust(100.0, trade, at(0), 0.0, 0, after_fill=True)
        trades.append(trade)
    Trade.commit()
    return trades


def loop(strategy: Any, trades: list[Trade], price: float, candle: int) -> None:
    """Check all trades, as one loop of the bot does."""
    strategy.analyze([])
    for trade in trades:
        strategy.should_exit(trade, price, at(candle), enter=False, exit_=False)


def test_one_write_fails_in_a_loop_and_all_stops_move(host: Host, path: Path, writes: list[int]) -> None:
    """Twelve states wait while the database is locked, and are written in the first loop after that."""
    strategy = host.start(Hand, runmode="dry_run", db_url=f"sqlite:///{path}")
    trades = bought(strategy)
    loop(strategy, trades, 101.0, 1)
    Trade.commit()
    locked = sqlite3.connect(path)
    locked.execute("begin immediate")
    with Trade.session.no_autoflush:
        for candle, price in ((2, 102.0), (3, 104.0)):
            writes.clear()
            loop(strategy, trades, price, candle)
            assert len(writes) == 1
            assert {trade.stop_loss for trade in trades} == {100.15 if candle == 2 else 102.0}
    locked.rollback()
    locked.close()
    strategy.analyze([])
    kept = [trade.get_custom_data(KEY)["memory"]["stop"] for trade in trades]
    assert kept == [102.0] * POSITIONS
    writes.clear()
    strategy.analyze([])
    assert writes == []


def test_a_fill_while_the_database_is_locked_is_protected(host: Host, path: Path) -> None:
    """A locked database can still be read, and a new fill needs nothing from it: its stop is at 98."""
    strategy = host.start(Hand, runmode="dry_run", db_url=f"sqlite:///{path}")
    trades = bought(strategy)
    new = in_database(max_rate=None, min_rate=None)
    locked = sqlite3.connect(path)
    locked.execute("begin immediate")
    with Trade.session.no_autoflush:
        loop(strategy, trades, 102.0, 1)
        strategy.order_filled(pair=new.pair, trade=new, order=new.orders[0], current_time=at(1))
        strategy.ft_stoploss_adjust(100.0, new, at(1), 0.0, 0, after_fill=True)
        assert new.stop_loss == 98.0
    locked.rollback()
    locked.close()
    strategy.analyze([])
    assert new.get_custom_data(KEY)["memory"]["stop"] == 98.0


def test_a_new_trade_needs_no_database_that_answers(host: Host, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fill is protected even if nothing can be read; an older trade waits for its state."""
    strategy = host.start(Hand, runmode="dry_run", db_url=f"sqlite:///{path}")
    new, old = in_database(max_rate=None, min_rate=None), in_database()

    def silent(**_: Any) -> Any:
        raise OperationalError("select", {}, sqlite3.OperationalError("disk I/O error"))

    with monkeypatch.context() as broken:
        broken.setattr(CustomDataWrapper, "get_custom_data", silent)
        strategy.order_filled(pair=new.pair, trade=new, order=new.orders[0], current_time=at(0))
        strategy.ft_stoploss_adjust(100.0, new, at(0), 0.0, 0, after_fill=True)
        strategy.should_exit(old, 101.0, at(1), enter=False, exit_=False)
    assert (new.stop_loss, old.stop_loss) == (98.0, 90.0)


def test_what_waits_for_a_trade_that_is_gone_is_dropped(host: Host, path: Path, writes: list[int]) -> None:
    """Two states wait while the database is locked, and one trade is deleted: only the other's state is written."""
    strategy = host.start(Hand, runmode="dry_run", db_url=f"sqlite:///{path}")
    trades = bought(strategy)[:2]
    gone = trades[1].id
    locked = sqlite3.connect(path)
    locked.execute("begin immediate")
    with Trade.session.no_autoflush:
        loop(strategy, trades, 102.0, 1)
    locked.rollback()
    locked.close()
    trades[1].delete()
    writes.clear()
    strategy.analyze([])
    assert writes == [trades[0].id]
    left = _CustomData.session.query(_CustomData).filter(_CustomData.ft_trade_id == gone).all()
    assert left == []


def test_a_write_that_one_trade_is_refused_keeps_no_other_from_being_written(
    host: Host, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A broken foreign key does not count as a locked database."""
    strategy = host.start(Hand, runmode="dry_run", db_url=f"sqlite:///{path}")
    trades = bought(strategy)
    real = CustomDataWrapper.set_custom_data

    def refuses_the_first(trade_id: int, key: str, value: Any) -> None:
        if trade_id == trades[0].id:
            raise IntegrityError("insert", {}, sqlite3.IntegrityError("foreign key"))
        real(trade_id=trade_id, key=key, value=value)

    monkeypatch.setattr(CustomDataWrapper, "set_custom_data", staticmethod(refuses_the_first))
    loop(strategy, trades, 102.0, 1)
    kept = [trade.get_custom_data(KEY)["memory"]["stop"] for trade in trades]
    assert kept == [98.0, *[100.15] * (POSITIONS - 1)]


def test_a_failed_poll_is_not_repeated_in_the_loop(host: Host, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests are read once per loop from a failing database; no entry is made meanwhile."""
    strategy = host.start(Hand, runmode="dry_run", db_url=f"sqlite:///{path}")
    trades = bought(strategy)
    polls: list[None] = []

    def poll(_: Adjustments) -> Any:
        polls.append(None)
        raise OperationalError("select", {}, sqlite3.OperationalError("database is locked"))

    monkeypatch.setattr(Adjustments, "poll", poll)
    for candle in (1, 2):
        loop(strategy, trades, 101.0, candle)
        assert len(polls) == candle
        assert not strategy.confirm_trade_entry(
            "HAND/USDT", "limit", 1.0, 100.0, "GTC", at(candle), entry_tag=None, side="long"
        )
        assert len(polls) == candle
    assert {trade.stop_loss for trade in trades} == {98.0}
