"""Resting entries on real bots: however the order fills, the stop is that of the fill."""

from pathlib import Path
from typing import Any

import pytest

from tests.support.scene import TICK, Scene, scene
from tests.support.trader import control

BLOCK = {
    "initial_stop": {"kind": "percent", "percent": 2.0},
    "partials": [[2.0, 0.5]],
    "breakeven": {"mode": "percent"},
}
PART = 0.01  # of about 0.0167 BTC

LONG, SHORT = (59900.0, 58702.0), (60100.0, 61302.0)  # the limit, and the stop two percent away from it


def rests(now: Scene, side: str, limit: float) -> None:
    """Let the entry rest for three loops; return with it still open."""
    now.price("BTC", 60000)
    now.order("BTC", side, limit)
    now.pass_loops(3)
    assert now.trade()["has_open_orders"]


def reach(now: Scene, side: str, limit: float) -> None:
    """Move the price through the limit, so that a dry run fills it as well."""
    now.price("BTC", limit - TICK if side == "long" else limit)


def whole(now: Scene, side: str, limit: float) -> Any:
    """Fill the entry completely."""
    rests(now, side, limit)
    reach(now, side, limit)
    return now.settle()


def in_two_parts(now: Scene, side: str, limit: float) -> Any:
    """Fill the entry in part, then the rest."""
    rests(now, side, limit)
    now.fill("BTC", PART)
    reach(now, side, limit)
    trade = now.settle()
    assert trade["amount"] > PART * 1.5
    return trade


def part_only(now: Scene, side: str, limit: float) -> Any:
    """Fill the entry in part, then cancel the rest by hand."""
    rests(now, side, limit)
    now.fill("BTC", PART)
    if now.is_resting():
        control(now.url, "cancel", pair=now.pair("BTC"))
    trade = now.settle()
    assert trade["amount"] == pytest.approx(PART, rel=0.002)  # less the fee on spot
    return trade


@pytest.mark.parametrize(
    ("futures", "is_live", "side", "lives"),
    [
        (False, False, "long", [whole]),
        (False, True, "long", [whole, in_two_parts, part_only]),
        (True, False, "short", [whole]),
        (True, True, "short", [whole, in_two_parts, part_only]),
        (True, True, "long", [whole, part_only]),
    ],
    ids=["spot-dry", "spot-live", "futures-dry-short", "futures-live-short", "futures-live-long"],
)
def test_the_stop_is_that_of_the_fill(
    tmp_path: Path, futures: bool, is_live: bool, side: str, lives: list[Any]
) -> None:
    """After resting for several loops, an entry filled completely or in parts has its stop two percent away."""
    limit, stop = LONG if side == "long" else SHORT
    stops = {}
    with scene(tmp_path, BLOCK, futures=futures, is_live=is_live) as now:
        for life in lives:
            trade = life(now, side, limit)
            assert trade["open_rate"] == limit
            stops[life.__name__] = trade["stop_loss_abs"]
            now.leave()
    assert stops == {life.__name__: pytest.approx(stop, abs=1.01 * TICK) for life in lives}
