"""An entry or addition that cannot be written down is not made: if its answer were lost, it would be made twice."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.support.asked_entries import Asked
from tests.support.hand_candles import PAIR, at
from tests.support.host import Host
from tests.support.trades import in_database

ENTRIES, STATES = "robustop_entries", "trade_custom_data"


@contextmanager
def refusing(path: Path, table: str) -> Iterator[None]:
    """Let a table of the trade database refuse new rows."""
    trigger = f"CREATE TRIGGER refuse BEFORE INSERT ON {table} BEGIN SELECT RAISE(ABORT, 'refused'); END"
    with closing(sqlite3.connect(path)) as database:
        database.execute(trigger)
        database.commit()
        yield
        database.execute("DROP TRIGGER refuse")
        database.commit()


def test_an_entry_waits_for_the_database(host: Host, path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """It is refused while its table takes no rows, and made after that."""
    asked = Asked(host)
    assert asked.enters(at(0))  # makes the table
    with refusing(path, ENTRIES):
        assert not asked.enters(at(1))
        assert "the entry into HAND/USDT is refused: it could not be written down" in caplog.text
    assert asked.enters(at(2))


def test_a_locked_database_is_waited_for_once_in_a_loop(host: Host, path: Path) -> None:
    """The second entry of a loop is refused without another try, and the next loop tries again."""
    asked = Asked(host)
    assert asked.enters(at(0))
    health = asked.strategy._robustop.store.health
    with closing(sqlite3.connect(path)) as other:
        other.execute("begin immediate")
        assert not asked.enters(at(1))
        assert health.writes_failed
        searches = asked.searches
        assert not asked.enters(at(1))
        assert asked.searches == searches
    assert not asked.enters(at(1))
    asked.strategy._robustop.new_loop()
    assert asked.enters(at(2))


def test_an_addition_waits_for_the_database(host: Host, path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """It is refused while the state cannot be written, and made after that."""
    asked = Asked(host)
    trade = in_database()
    asked.strategy.order_filled(pair=PAIR, trade=trade, order=trade.orders[0], current_time=at(0))
    asked.strategy.ft_stoploss_adjust(100.0, trade, at(0), 0.0, 0, after_fill=True)
    with refusing(path, STATES), closing(sqlite3.connect(path)) as database:
        database.execute(f"CREATE TRIGGER change BEFORE UPDATE ON {STATES} BEGIN SELECT RAISE(ABORT, 'refused'); END")
        database.commit()
        assert not asked.adds(trade, at(1))
        assert "the addition to HAND/USDT is refused: the database does not take the request" in caplog.text
        database.execute("DROP TRIGGER change")
        database.commit()
    assert asked.adds(trade, at(2))
