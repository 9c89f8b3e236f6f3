"""What is read of trades from outside equals what Freqtrade and the bot hold of them."""

import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from freqtrade.persistence import Trade
from sqlalchemy.exc import OperationalError

from robustop_plugin.audit.trade_database import DatabaseUnreadable
from robustop_plugin.core.decision import Phase
from robustop_plugin.operate.database import open_for_reading, snapshot
from robustop_plugin.operate.reading import read_closed_trades, read_open_trades
from robustop_plugin.operate.stored_state import Trouble
from robustop_plugin.operate.trade_view import TradeView
from tests.operate.conftest import Open
from tests.support.hand_candles import PAIR, at
from tests.support.written_trades import Writer


def views(writer: Writer) -> list[TradeView]:
    """Return the open trades as they are read from outside."""
    engine = open_for_reading(writer.url)
    try:
        return read_open_trades(engine)
    finally:
        engine.dispose()


def the_view(writer: Writer) -> TradeView:
    """Return the only open trade as it is read from outside."""
    (view,) = views(writer)
    return view


@pytest.fixture(params=["sqlite", "postgresql"])
def anywhere(request: pytest.FixtureRequest, writing: Open) -> Writer:
    """Return a bot on a trade database of either kind."""
    name = "sqlite_url" if request.param == "sqlite" else "database"
    return writing(request.getfixturevalue(name))


def test_a_trade_with_its_state_orders_and_records(anywhere: Writer) -> None:
    """Bought at 100 with the stop at 98: a gain of two spans takes the stop to the entry plus one span."""
    trade = anywhere.bought(max_stake_amount=1000.0, trading_mode="SPOT")
    anywhere.stop_order(trade, 98.0, is_open=False)
    anywhere.stop_order(trade, 98.0, is_open=False)
    anywhere.look(trade, 104.0)
    order = anywhere.stop_order(trade, 102.0)
    anywhere.loop()
    view = the_view(anywhere)
    opened = trade.open_date.replace(tzinfo=UTC).timestamp()
    assert view.identity == (trade.id, int(opened * 1000), PAIR, 1)
    assert (view.opened_at, view.side_name, view.holds) == (at(0).timestamp(), "long", True)
    assert (view.entry, view.amount, view.stake, view.stake_currency) == (100.0, 10.0, 1000.0, "USDT")
    assert (view.host_stop, view.own_stop, view.stop) == (102.0, 102.0, 102.0)
    assert (view.initial_stop, view.risk, view.best) == (98.0, 2.0, 104.0)
    assert (view.phase, view.rungs, view.pending) == (Phase.BREAKEVEN_PROTECTED, 0, ())
    assert (view.trouble, view.stored.detail) == (None, None)
    # Of the stop orders that rest no longer, none is read beside the one that rests.
    assert [(found.kind, found.is_open, found.order_id) for found in view.orders] == [
        ("buy", False, trade.orders[0].order_id),
        ("stoploss", True, order.order_id),
    ]
    (resting,) = view.stop_orders
    assert (resting.stop_price, resting.amount, resting.status, resting.side) == (102.0, 10.0, "open", "sell")
    assert view.last_move is not None
    moved = {name: view.last_move[name] for name in ("action", "engine", "rule", "old_stop", "new_stop", "time")}
    assert moved == {
        "action": "move",
        "engine": "hand_span",
        "rule": "trail",
        "old_stop": 98.0,
        "new_stop": 102.0,
        "time": at(1).timestamp(),
    }


def test_a_record_that_is_not_stored_yet_is_read_from_the_state(writer: Writer) -> None:
    """The state carries its records until the bot's next loop."""
    trade = writer.bought()
    writer.loop()
    writer.look(trade, 104.0)
    view = the_view(writer)
    assert view.last_move is not None
    assert (view.last_move["action"], view.last_move["new_stop"]) == ("move", 102.0)


def test_a_short_trade_has_the_lowest_price_as_its_best(writer: Writer) -> None:
    """The sign of a short trade is in its side, once."""
    writer.strategy.can_short = True
    trade = writer.bought(is_short=True, stop_loss=110.0, initial_stop_loss=110.0)
    trade.min_rate, trade.max_rate = 97.0, 101.0
    Trade.commit()
    view = the_view(writer)
    assert (view.side, view.side_name, view.best, view.initial_stop, view.risk) == (-1, "short", 97.0, 102.0, 2.0)


def test_a_resting_entry_holds_nothing_and_misses_no_state(writer: Writer) -> None:
    """Before the first fill there is no state, and that is no trouble."""
    writer.resting_entry()
    view = the_view(writer)
    assert (view.holds, view.trouble, view.state, view.best) == (False, None, None, None)
    assert [order.is_open for order in view.resting_orders] == [True]


@pytest.mark.parametrize(
    ("change", "trouble", "words"),
    [
        (lambda _: "{", Trouble.UNREADABLE, "the state is damaged"),
        (lambda _: "[]", Trouble.UNREADABLE, "the state is damaged"),
        (lambda _: "[" * 100_000, Trouble.UNREADABLE, "the state is damaged"),
        (lambda data: json.dumps({**data, "schema": 99}), Trouble.NEWER, "state schema was 99"),
        (
            lambda data: json.dumps({**data, "memory": {**data["memory"], "stop": -1}}),
            Trouble.UNREADABLE,
            "a price, > 0",
        ),
        (
            lambda data: json.dumps({**data, "opened_ms": data["opened_ms"] - 1}),
            Trouble.OF_ANOTHER_TRADE,
            "another long trade of HAND/USDT",
        ),
        (lambda data: json.dumps({**data, "pair": "X/USDT"}), Trouble.OF_ANOTHER_TRADE, "long trade of X/USDT"),
    ],
)
def test_a_damaged_state_is_named_and_nothing_fails(
    writer: Writer, change: Callable[[Any], str], trouble: Trouble, words: str
) -> None:
    """Each kind of damage has its name; the trade is read all the same."""
    trade = writer.bought()
    writer.rewrite_state(trade, change(trade.get_custom_data("robustop")))
    view = the_view(writer)
    assert (view.trouble, view.state, view.own_stop, view.stop) == (trouble, None, None, 98.0)
    assert view.stored.detail is not None
    assert words in view.stored.detail
    assert "\n" not in view.stored.detail
    assert len(view.stored.detail) <= 250


def test_a_missing_state_is_named(writer: Writer) -> None:
    """A position that robustop knows nothing of."""
    trade = writer.bought()
    writer.rewrite_state(trade, "{}")
    with closing(sqlite3.connect(writer.url.removeprefix("sqlite:///"))) as other:
        other.execute("delete from trade_custom_data")
        other.commit()
    assert the_view(writer).trouble is Trouble.MISSING


def test_a_number_given_again_has_no_record_of_the_trade_before(writer: Writer) -> None:
    """SQLite gives the number of a deleted trade again: its records and its state are not those of the new trade."""
    first = writer.bought(open_date=at(-3))
    writer.look(first, 104.0)
    writer.loop()
    number = first.id
    with closing(sqlite3.connect(writer.url.removeprefix("sqlite:///"))) as other:
        other.execute("delete from orders")
        other.execute("delete from trades")
        other.commit()
    Trade.session.expunge_all()
    second = writer.resting_entry()
    assert second.id == number
    view = the_view(writer)
    assert (view.last_move, view.last.any) == (None, None)
    second.amount = 10.0
    Trade.commit()
    assert the_view(writer).trouble is Trouble.OF_ANOTHER_TRADE


def test_a_shadowed_trade_needs_no_state(writing: Open, sqlite_url: str) -> None:
    """Robustop only decides about it, and its records are no moves of its stop."""
    writer = writing(sqlite_url, robustop={"mode": "shadow"})
    trade = writer.bought()
    writer.look(trade, 104.0)
    writer.loop()
    view = the_view(writer)
    assert (view.stored.is_shadowed, view.trouble, view.state, view.last_move) == (True, None, None, None)


def test_closed_trades_come_latest_first(anywhere: Writer) -> None:
    """Three trades, closed in another order than they were opened; two are asked for."""
    trades = [anywhere.bought() for _ in range(3)]
    for candle, (trade, price) in enumerate(((trades[1], 97.0), (trades[2], 101.0), (trades[0], 103.0)), start=2):
        anywhere.closed(trade, price, candle, "stop_loss")
    anywhere.loop()
    engine = open_for_reading(anywhere.url)
    closed = read_closed_trades(engine, 2)
    assert [(view.number, view.close_price, view.exit_reason) for view in closed] == [
        (trades[0].id, 103.0, "stop_loss"),
        (trades[2].id, 101.0, "stop_loss"),
    ]
    assert [view.closed_at for view in closed] == [at(4).timestamp(), at(3).timestamp()]
    assert [view.trouble for view in closed] == [None, None]
    assert read_open_trades(engine) == []
    engine.dispose()


def test_a_reader_keeps_no_bot_waiting_and_sees_one_moment(writer: Writer) -> None:
    """While a reader is in the middle, a bot that waits for nothing commits; the reader sees what was before."""
    writer.bought()
    engine = open_for_reading(writer.url)
    count = sa.text("SELECT count(*) FROM trades")
    with snapshot(engine) as connection:
        assert connection.execute(count).scalar_one() == 1
        with closing(sqlite3.connect(writer.url.removeprefix("sqlite:///"), timeout=0)) as bot:
            bot.execute("delete from trades")
            bot.commit()
        assert connection.execute(count).scalar_one() == 1
    assert read_open_trades(engine) == []
    engine.dispose()


def test_a_reader_cannot_write(writer: Writer) -> None:
    """The database is opened so that nothing can change it."""
    writer.bought()
    engine = open_for_reading(writer.url)
    with engine.connect() as connection, pytest.raises(OperationalError, match="readonly"):
        connection.execute(sa.text("DELETE FROM trades"))
    engine.dispose()


def test_strange_names_of_files_are_opened(writing: Open, tmp_path: Path) -> None:
    """A folder whose name means something in a URL."""
    folder = tmp_path / "50% #1"
    folder.mkdir()
    writer = writing(f"sqlite:///{folder / 'trades.sqlite'}")
    writer.bought()
    assert the_view(writer).pair == PAIR


def test_a_url_with_options_is_opened(writer: Writer) -> None:
    """As the how-to recommends it for a bot."""
    writer.bought()
    engine = open_for_reading(f"{writer.url}?timeout=30")
    assert [view.pair for view in read_open_trades(engine)] == [PAIR]
    engine.dispose()


def test_a_missing_database_is_not_made(tmp_path: Path) -> None:
    """The error names the file."""
    with pytest.raises(DatabaseUnreadable, match="there is no such trade database"):
        open_for_reading(f"sqlite:///{tmp_path / 'none.sqlite'}")
    assert not (tmp_path / "none.sqlite").exists()


def test_freqtrade_is_not_imported() -> None:
    """Its persistence alone takes two seconds."""
    code = (
        "import sys\n"
        "from robustop_plugin.operate import configuration, prices, reading\n"
        "print(sorted({'freqtrade', 'pandas', 'numpy', 'ccxt', 'sqlalchemy.orm'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "[]\n"
