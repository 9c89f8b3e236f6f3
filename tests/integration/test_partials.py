"""Real `freqtrade backtesting` processes with partial exits: spot, detail candles, and perpetuals long and short."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.sale_witness import (
    DETAIL,
    DETAILED,
    Case,
    Played,
    assert_explained,
    assert_no_stop_jumped,
    assert_nothing_went_wrong,
    play,
)

pytestmark = pytest.mark.candles

DEFAULT: list[list[Any]] = [[2.0, 0.5], [3.0, 0.25], [4.0, "rest"]]
LOW: list[list[Any]] = [[0.5, 0.5], [1.0, 0.25], [2.0, "rest"]]
SMALL: list[list[Any]] = [[0.5, 0.2], [1.0, 0.2], [2.0, "rest"]]
LADDER = {"name": "r_ladder", "rungs": [[1.0, "breakeven"], [2.0, 1.0]]}
NEAR = {"initial_stop": {"kind": "atr", "multiplier": 3.0}}
WEEKS = ("20240110-20240131", "20240105-20240905")
DAYS = ("20240110-20240122", "20240105-20240905")
MONTHS = ("20240215-20240401", "20240120-20240905")
CASES = {
    "spot, default schedule": Case("HandSpanTrend", DEFAULT, WEEKS, {"robustop": NEAR}, fewest=25),
    "spot, low rungs": Case("HandSpanTrend", LOW, DAYS, {"robustop": {"engines": [LADDER]}}),
    "hours with detail candles": Case("HandSpanTrend", LOW, MONTHS, DETAILED, DETAIL, fewest=60),
    "small stakes": Case("HandSpanTrend", SMALL, ("20240110-20240125",) * 2, {"stake_amount": 25}, least=0.5),
    "perpetuals": Case("TwoWayTrend", LOW, ("20230905-20230926", "20230601-20240514"), futures=True),
}


@pytest.fixture(scope="module", params=CASES.values(), ids=CASES.keys())
def played(
    request: pytest.FixtureRequest, candles: Path, common: list[str], tmp_path_factory: pytest.TempPathFactory
) -> Played:
    """Run one case, with a witness of every stop around a sale."""
    return play(request.param, candles, common, tmp_path_factory.mktemp("selling"))


def test_every_exit_is_explained_and_every_rung_accounted_for(
    played: Played, candles: Path, tell: Callable[[str], None]
) -> None:
    """Stops never loosen, the audit explains every exit, and everything due was sold, to the last lot."""
    assert_explained(played, candles, tell)


def test_no_stop_jumps_at_a_sale(played: Played) -> None:
    """The stop after a sale is the stop before it, or the one decided at that same open, to the tick."""
    assert_no_stop_jumped(played)


def test_nothing_went_wrong_in_the_log(played: Played) -> None:
    """The process logged no exception and no robustop error."""
    assert_nothing_went_wrong(played)
