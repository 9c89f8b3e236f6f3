"""Faults and hands of others as the exchange takes them, and the events that steps wait for."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from robustop_plugin.rehearsal import events, trouble_steps
from robustop_plugin.rehearsal.database import StoredTrade, lock
from robustop_plugin.rehearsal.market_steps import move_price
from robustop_plugin.rehearsal.scenario import Variant
from robustop_plugin.rehearsal.scene import Late
from robustop_plugin.rehearsal.trouble import ALL_STEPS, Fault
from robustop_plugin.venue.control_calls import ACTS
from robustop_plugin.venue.control_faults import FAULT
from robustop_plugin.venue.datadir import markets_of
from robustop_plugin.venue.market import write_market
from robustop_plugin.venue.server import Venue

PAIR = "BTC/USDT"


def sent(step: dict[str, Any], kind: str = "spot long", stop: str = "exchange") -> dict[str, Any]:
    """Return the fault that a step asks of the exchange."""
    made = Mock()
    made.variant = Variant(kind, stop, "url")  # type: ignore[arg-type]
    trouble_steps.add_fault(made, Fault.model_validate({"do": "fault", **step}))
    ((path, body),) = [call.args for call in made.exchange.control.call_args_list]
    assert path == FAULT
    found: dict[str, Any] = body
    return found


def test_an_exit_is_a_sale_that_is_no_stop() -> None:
    """On spot, stops go the same way: the type tells them apart. Elsewhere the side is enough."""
    exit_lost = {"call": "place_exit", "fault": "reset", "when": "after"}
    common = {"call": "POST /api/v3/order", "fault": "reset", "when": "after", "count": 1, "skip": 0}
    assert sent(exit_lost) == {**common, "where": {"side": "SELL", "type": "MARKET"}}
    assert sent(exit_lost, stop="bot") == {**common, "where": {"side": "SELL"}}
    assert sent(exit_lost, "futures short")["where"] == {"side": "BUY"}


@pytest.mark.parametrize(
    ("kind", "call", "name", "where"),
    [
        ("spot long", "place_stop", "POST /api/v3/order", {"type": "STOP_LOSS_LIMIT"}),
        ("futures short", "place_stop", "POST /fapi/v1/algoOrder", {}),
        ("futures short", "cancel_stop", "DELETE /fapi/v1/algoOrder", {}),
        ("spot long", "cancel_stop", "DELETE /api/v3/order", {}),
        ("futures long", "balance", "GET /fapi/v3/account", {}),
    ],
)
def test_calls_have_the_names_of_their_market(kind: str, call: str, name: str, where: dict[str, str]) -> None:
    """Spot and futures name the same call differently."""
    found = sent({"call": call, "fault": "status", "status": 503}, kind)
    assert (found["call"], found["where"], found["status"]) == (name, where, 503)


def test_the_entry_of_a_short_is_a_sale() -> None:
    """The sides are mirrored."""
    found = sent({"call": "place_entry", "fault": "reset"}, "futures short")
    assert found["where"] == {"side": "SELL"}


def test_a_market_may_have_a_code_of_its_own() -> None:
    """Futures have other codes and texts for the same refusal."""
    refusal = {"call": "place_stop", "fault": "code", "code": -2010, "msg": "a", "futures_code": -2021}
    spot, futures = sent(refusal), sent(refusal, "futures long")
    assert [(fault["code"], fault["msg"]) for fault in (spot, futures)] == [(-2010, "a"), (-2021, "a")]


@pytest.mark.parametrize("kind", ["spot long", "futures short"])
@pytest.mark.parametrize("call", ["place_entry", "place_exit", "place_stop", "cancel_stop", "read_stop", "price"])
def test_the_exchange_takes_every_fault(tmp_path: Any, kind: str, call: str) -> None:
    """What a step sends is valid at the venue."""
    write_market(tmp_path, days=1)
    exchange = Venue(markets_of(tmp_path), tmp_path).exchange
    fault = sent({"call": call, "fault": "slow", "seconds": 1.5, "count": 2}, kind)
    assert ACTS[FAULT](exchange, fault)["count"] == 2


def test_every_step_is_named_in_the_guide() -> None:
    """The guide lists each `do` with its keys."""
    from tests.conftest import ROOT  # noqa: PLC0415 (this test alone reads the docs)

    text = (ROOT / "docs" / "how_to" / "rehearse_a_disaster.md").read_text(encoding="utf-8")
    for name, model in ALL_STEPS.items():
        assert f"`{name}`" in text
        assert [key for key in model.model_fields if key != "do" and f"`{key}`" not in text] == []


def watch(*trades: StoredTrade, orders: Any = (), stops: Any = ()) -> Mock:
    """Return what was seen."""
    return Mock(trades={trade.number: trade for trade in trades}, orders=list(orders), stops=list(stops), faults=[])


def stored(*, is_open: bool = True, filled: bool = True) -> StoredTrade:
    """Return a trade as the database holds it."""
    return StoredTrade(1, PAIR, is_open, 100.0, 95.0, 2.0, "", 0.0, filled)


LONG = Variant("spot long", "exchange", "url")
ENTRY = {"pair": PAIR, "side": "BUY", "type": "LIMIT", "filled": 0.5}
EXIT = {"pair": PAIR, "side": "SELL", "type": "LIMIT", "filled": 0.0}
STOP = {"pair": PAIR, "side": "SELL", "type": "STOP_LOSS_LIMIT"}


@pytest.mark.parametrize(
    ("event", "place", "seen", "expected"),
    [
        ("filled", "entry", watch(stored()), True),
        ("filled", "entry", watch(stored(filled=False)), False),
        ("filled", "entry", watch(stored(), orders=[ENTRY]), False),
        ("resting", "entry", watch(orders=[ENTRY]), True),
        ("resting", "exit", watch(orders=[ENTRY, STOP]), False),
        ("part_filled", "entry", watch(orders=[ENTRY]), True),
        ("part_filled", "exit", watch(orders=[EXIT]), False),
        ("gone", "exit", watch(orders=[ENTRY]), True),
        ("closed", "entry", watch(stored(is_open=False)), True),
        ("closed", "entry", watch(), False),
        ("closed", "entry", watch(stored()), False),
        ("stop_on_exchange", "stop", watch(stops=[STOP]), True),
        ("stop_on_exchange", "stop", watch(orders=[EXIT]), False),
        ("faults_met", "entry", watch(), True),
    ],
)
def test_events_are_what_they_say(event: str, place: str, seen: Mock, expected: bool) -> None:
    """Each event is seen where it happened, and not where it did not."""
    assert events.EVENTS[event](seen, LONG, PAIR, place) is expected


def test_a_stop_in_the_bot_waits_for_none_on_the_exchange() -> None:
    """A scenario for both places goes on at once where the stop is in the bot."""
    in_the_bot = LONG._replace(stop="bot")
    assert events.EVENTS["stop_on_exchange"](watch(), in_the_bot, PAIR, "stop")


def test_a_locked_database_can_be_read_and_not_written(tmp_path: Path) -> None:
    """The lock holds off writers until it ends, and readers see what was there."""
    database = tmp_path / "trades.sqlite"
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("CREATE TABLE trades (id INTEGER)")
    end = lock(database, 600.0)
    with closing(sqlite3.connect(database, timeout=0, isolation_level=None)) as other:
        assert other.execute("SELECT count(*) FROM trades").fetchall() == [(0,)]
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("INSERT INTO trades VALUES (1)")
        end.cancel()
        end.function()
        other.execute("INSERT INTO trades VALUES (1)")
        assert other.execute("SELECT count(*) FROM trades").fetchall() == [(1,)]


def test_distances_of_a_stop_need_the_stop() -> None:
    """`r` is counted from the stop at the fill, which is known once the fill was awaited."""
    made = Mock()
    made.variant = Variant("spot long", "bot", "url")
    made.pair.return_value, made.watch.now = PAIR, 0.0
    made.entries = made.first_stops = {PAIR: 100.0}
    step = ALL_STEPS["price"].model_validate({"do": "price", "r": [1.0]})
    with pytest.raises(Late, match="await its fill before"):
        move_price(made, step)  # type: ignore[arg-type]
