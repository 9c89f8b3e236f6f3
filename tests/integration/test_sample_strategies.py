"""The sample strategies unchanged, in real `freqtrade backtesting` processes: spot, detail candles, perpetuals."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.sale_witness import (
    DETAIL,
    DETAILED,
    LONG,
    Case,
    Played,
    assert_explained,
    assert_no_stop_jumped,
    assert_nothing_went_wrong,
    play,
)

pytestmark = pytest.mark.candles

SCHEDULES: dict[str, list[list[Any]]] = {
    "HandSpanTrend": [],
    "TwoWayTrend": [],
    "AtrGuardLadder": [[2.0, 0.5], [4.0, 0.25]],
    "BracketBothWays": [],
}
"""The partials of each sample, repeated here so that the test does not read them from the sample."""


def cases_of(base: str) -> dict[str, Case]:
    """Return the cases of one sample."""
    partials = SCHEDULES[base]
    fewest = 3 if partials else 0
    spot = Case(base, partials, ("20240110-20240124", "20240105-20240905"), fewest=fewest)
    return {
        f"{base}, spot": spot,
        f"{base}, hours with detail candles": spot._replace(
            timerange=("20240215-20240309", "20240120-20240905"), over=DETAILED, arguments=DETAIL
        ),
        f"{base}, perpetuals": spot._replace(timerange=("20230905-20231005", "20230601-20240514"), futures=True),
    }


ELSEWHERE = {
    "HandSpanTrend, spot",
    "HandSpanTrend, perpetuals",
    "TwoWayTrend, perpetuals",
    "BracketBothWays, perpetuals",
}
"""Cases that other tests run, or with the same engines on the same candles: run here only with ROBUSTOP_LONG."""

CASES = {name: case for base in SCHEDULES for name, case in cases_of(base).items() if LONG or name not in ELSEWHERE}


@pytest.fixture(scope="module", params=CASES.values(), ids=CASES.keys())
def played(
    request: pytest.FixtureRequest, candles: Path, common: list[str], tmp_path_factory: pytest.TempPathFactory
) -> Played:
    """Run one case, with a witness of every stop around a sale."""
    return play(request.param, candles, common, tmp_path_factory.mktemp("samples"))


def test_every_exit_of_a_sample_is_explained(played: Played, candles: Path, tell: Callable[[str], None]) -> None:
    """Stops never loosen, the audit explains every exit, and everything due was sold."""
    assert_explained(played, candles, tell)


def test_no_stop_of_a_sample_jumps(played: Played) -> None:
    """The stop after a sale is the stop before it, or the one decided at that same open, to the tick."""
    assert_no_stop_jumped(played)


def test_no_sample_complains(played: Played) -> None:
    """The process logged no exception and no robustop error."""
    assert_nothing_went_wrong(played)
