"""A bot writes its audit beside its trade database, at once, with the records and tokens of a backtest."""

from pathlib import Path
from typing import Any

import pytest
from freqtrade.persistence import Trade

from robustop_plugin.audit.file import read_audit
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


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("mode", ["dry_run", "live"])
def test_it_lies_beside_the_database_from_the_first_record_on(host: Host, tmp_path: Path, mode: str) -> None:
    """Initial stop and move are written before the bot flushes; a restart appends to the same file."""
    over = {"runmode": mode, "db_url": f"sqlite:///{tmp_path}/trades.sqlite"}
    strategy = host.start(Hand, **over)
    path = tmp_path / "trades.robustop-audit.jsonl"
    trade = fill(strategy)
    assert [record["action"] for record in read_audit(path)] == ["initial"]
    look(strategy, trade, 102.0, 1)
    restarted = host.start(Hand, **over)
    look(restarted, trade, 104.0, 2)
    records = list(read_audit(path))
    assert [(record["action"], record["new_stop"]) for record in records] == [
        ("initial", 98.0),
        ("move", 100.15),
        ("move", 102.0),
    ]
    opened = int(trade.open_date_utc.timestamp() * 1000)
    assert [record["token"] for record in records] == [f"{trade.id}:{opened}:{number}" for number in (1, 2, 3)]


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("sqlite://", "memory"),
        ("postgresql+psycopg://somebody:secret@127.0.0.1/trades", "trades"),
    ],
)
def test_where_the_database_is_no_file_it_lies_in_the_user_data(
    host: Host, tmp_path: Path, url: str, name: str
) -> None:
    """It is named after the database, without the password."""
    strategy = host.start(Hand, runmode="dry_run", db_url=url, user_data_dir=tmp_path)
    fill(strategy)
    assert [path.name for path in tmp_path.glob("*.jsonl")] == [f"{name}.robustop-audit.jsonl"]
