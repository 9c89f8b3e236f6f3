"""A bot that is killed at any statement or commit leaves the audit that it would have left without the kill."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from freqtrade.persistence import Trade

from tests.support.host import Host
from tests.support.kill_points import kill_points
from tests.support.killed_life import Life
from tests.support.trade_database import open_database_of_host


@pytest.fixture(scope="module")
def life(loopback: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Life]:
    """Return a bot with a trade database in a file."""
    folder: Path = tmp_path_factory.mktemp("killed")
    with open_database_of_host(f"sqlite:///{folder}/trades.sqlite"), kill_points(Trade.session.get_bind()) as points:
        yield Life(Host(*loopback, folder), points)


def test_a_kill_at_every_point_of_a_life_changes_nothing_in_the_audit(life: Life, tell: Any) -> None:
    """One kill, at the first point, the second, and so on up to the last: the records are those of no kill."""
    prices = [101.0, 102.0, 103.0, 104.0]
    expected = life.live(prices, [])
    assert [record["action"] for record in expected] == ["initial", "move", "move", "closed"]
    point, life.deaths = 0, 1
    while life.deaths:
        point += 1
        assert life.live(prices, [point]) == expected, f"killed at point {point}"
    tell(f"{point - 1} kill points")
    assert point > 20


@pytest.mark.parametrize("asked", [{2: 99.0}, {2: 99.0, 3: 98.5, 5: 103.5}], ids=["one", "three"])
def test_a_stop_that_is_asked_for_is_applied_once_whenever_the_bot_is_killed(
    life: Life, tell: Any, asked: dict[int, float]
) -> None:
    """One kill at each point: neither the audit nor the outcomes differ from those without a kill."""
    prices = [101.0, 101.0, 101.0, 103.0, 104.0][: 3 if len(asked) == 1 else 5]
    expected, outcomes = life.live(prices, [], asked), life.verdicts
    assert [record["action"] for record in expected].count("adjusted") == len(asked) - (len(asked) > 1)
    assert [verdict.new_stop for verdict in outcomes] == ([99.0] if len(asked) == 1 else [99.0, None, 103.5])
    point, life.deaths = 0, 1
    while life.deaths:
        point += 1
        assert life.live(prices, [point], asked) == expected, f"killed at point {point}"
        assert life.verdicts == outcomes, f"killed at point {point}"
    tell(f"{point - 1} kill points")
    assert point > 20
