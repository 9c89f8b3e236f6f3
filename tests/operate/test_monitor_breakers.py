"""Which breakers are open is read from the audit, in SQLite and PostgreSQL."""

from typing import Any

import pytest
import sqlalchemy as sa

from robustop_plugin.audit.record import BREAKER, BREAKER_CLOSED, NAMES
from robustop_plugin.audit.table import import_records
from robustop_plugin.operate.findings.look import OpenBreaker
from robustop_plugin.operate.monitor.breakers import open_breakers
from tests.support.looks import OPENED, PAIR, trade


def records(*breakers: tuple[int, float, str]) -> list[dict[str, Any]]:
    """Return records of breakers: number of the trade, seconds since that was opened, reason."""
    shared = {**dict.fromkeys(NAMES), "pair": PAIR, "side": 1, "facts": {}}
    return [
        {**shared, "token": f"{number}:1:{place}", "trade_id": number, "time": OPENED + seconds, "action": action}
        | {"reason": reason}
        for place, (number, seconds, reason) in enumerate(breakers)
        for action in [BREAKER if reason != "another action" else "error"]
    ]


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_what_was_opened_and_not_closed(kind: str, tmp_path: Any, request: pytest.FixtureRequest) -> None:
    """The last record counts; those of an earlier trade of the number, or of an earlier process, do not."""
    url = f"sqlite:///{tmp_path / 'trades.sqlite'}" if kind == "sqlite" else request.getfixturevalue("database")
    engine, trades = sa.create_engine(url), [trade(number=number) for number in (1, 2, 3, 4)]
    assert open_breakers(engine, trades, None) == {}
    closed = f"where the stop belongs can be decided again: {BREAKER_CLOSED}"
    kept = [(1, 5, "open"), (2, 5, "open"), (2, 9, closed), (3, 5, "open"), (3, 9, closed), (3, 12, "again")]
    import_records(engine, records(*kept, (4, -5, "an earlier trade"), (4, 7, "another action"), (5, 5, "closed")))
    again = OpenBreaker(OPENED + 12, "again")
    assert open_breakers(engine, trades, None) == {1: OpenBreaker(OPENED + 5, "open"), 3: again}
    assert open_breakers(engine, trades, OPENED + 10) == {3: again}
    engine.dispose()
