"""A bot writes its audit into its trade database, each record once, with the records and tokens of a backtest."""

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from freqtrade.persistence import Trade

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
