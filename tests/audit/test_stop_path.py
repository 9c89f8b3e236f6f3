"""The way of a stop is read from audit records: what is in force from when on."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from robustop_plugin.audit.chart_records import records_since
from robustop_plugin.audit.stop_path import stop_paths
from robustop_plugin.audit.table import import_records
from tests.support.audit_records import record_of


def made(number: int, action: str, stop: float | None, trade: int = 7, **over: Any) -> dict[str, Any]:
    """Return a record at a second of its own, of a trade bought at 100 with the initial stop at 98."""
    facts = {"entry": 100.0, "initial_stop": 98.0, "best": 100.0, **over.pop("facts", {})}
    token = f"{trade}:{trade}000:{number}"
    fields = {"token": token, "time": float(number), "trade_id": trade, "action": action, "new_stop": stop, **over}
    return record_of(number, facts=facts, **fields).to_dict()


def test_each_change_is_a_step() -> None:
    """A stop that is set, moves and is hit: what does not change the stop makes no step."""
    moved = made(2, "move", 100.15, facts={"best": 102.0})
    (path,) = stop_paths(
        [made(1, "initial", 98.0), moved, made(3, "wait", 100.15), made(4, "error", 100.15), made(5, "closed", 100.15)]
    )
    assert [tuple(step) for step in path.steps] == [(1.0, 98.0, 100.0, 100.0), (2.0, 100.15, 100.0, 102.0)]
    assert (path.opened, path.closed, path.initial_stop, path.risk(path.steps[-1])) == (1.0, 5.0, 98.0, 2.0)


@pytest.mark.parametrize(("side", "native", "ours"), [(1, 104.0, 103.0), (-1, 96.0, 97.0)])
def test_the_tightest_stop_is_in_force(side: int, native: float, ours: float) -> None:
    """A native trail that is tighter than robustop's stop stays in force when that moves; the host may loosen it."""
    (path,) = stop_paths(
        [
            made(1, "initial", 100.0 - 2 * side, side=side),
            made(2, "host", native, side=side),
            made(3, "move", ours, side=side),
            made(4, "host", ours - side, side=side),
        ]
    )
    assert [step.stop for step in path.steps] == [100.0 - 2 * side, native, native, ours - side]
    assert path.closed is None


def test_a_later_entry_moves_entry_and_risk() -> None:
    """R follows the open rate from the same initial stop, and keeps its value if that has passed the stop."""
    records = [made(1, "initial", 98.0), made(2, "averaged", 98.0, facts={"entry": 99.0})]
    records.append(made(3, "averaged", 98.0, facts={"entry": 97.5}))
    (path,) = stop_paths(records)
    assert [path.risk(step) for step in path.steps] == [2.0, 1.0, 2.0]


def test_an_end_that_was_not_recorded_is_the_next_trade() -> None:
    """A pair has one open trade at a time."""
    first, second = stop_paths([made(1, "initial", 98.0), made(9, "initial", 97.0, trade=8)])
    assert (first.closed, second.closed) == (9.0, None)


def test_a_shadow_has_a_path_of_its_own() -> None:
    """What would have happened is not mixed with what did; the end of the shadow is its own."""
    shadow = {"shadow": "shadow.engines"}
    own, other = stop_paths(
        [
            made(1, "initial", 98.0),
            made(2, "initial", 97.0, facts=shadow),
            made(3, "closed", 97.0, facts=shadow),
            made(4, "move", 99.0),
            made(5, "closed", 99.0, facts=shadow, engine="host"),
        ]
    )
    assert [step.stop for step in own.steps] == [98.0, 99.0]
    assert (own.shadow, own.closed, other.shadow, other.closed) == (None, None, "shadow.engines", 3.0)


def test_a_refused_entry_is_no_trade() -> None:
    """Records without a stop draw nothing."""
    assert stop_paths([record_of(1, action="refused", new_stop=None, facts={}).to_dict()]) == []


@pytest.fixture(params=["sqlite", "postgres"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    """Return the engine of an empty database."""
    is_postgres = request.param == "postgres"
    url = request.getfixturevalue("database") if is_postgres else f"sqlite:///{tmp_path / 'trades.sqlite'}"
    engine = sa.create_engine(url)
    yield engine
    engine.dispose()


def test_a_chart_reads_whole_trades_of_its_time(engine: sa.Engine) -> None:
    """Trades 1 and 2 ended before second 100, 3 began before it; trade 2 is wanted; trade 4 is another pair's."""
    assert records_since(engine, "HAND/USDT", 0.0, ()) == []
    seconds = {1: (10, 20), 2: (30, 40), 3: (90, 110), 4: (120, 130)}
    records = [
        made(second, "move", 99.0, trade=trade, pair="ETH/USDT" if trade == 4 else "HAND/USDT")
        for trade, pair_of_seconds in seconds.items()
        for second in pair_of_seconds
    ]
    import_records(engine, records)
    found = records_since(engine, "HAND/USDT", 100.0, {2, 4})
    assert found == [record for record in records if record["trade_id"] in (2, 3)]
