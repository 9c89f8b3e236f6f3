"""Market regimes follow each other."""

from itertools import pairwise

import numpy as np
import pytest

from robustop_plugin.venue.regimes import CRASH, REBOUND, ROUND, stretches

REGIMES = {regime.name for turn in ROUND for regime in turn}
MONTH = 30 * 288  # 5-minute candles


@pytest.mark.parametrize("number", range(6))
def test_all_regimes_appear_within_a_month(number: int) -> None:
    """Every pair sees every regime within a month."""
    plan = list(stretches(np.random.default_rng([7, number]), MONTH, 5))
    assert {stretch.regime.name for stretch in plan} == REGIMES


def test_stretches_cover_every_candle_once() -> None:
    """The first stretch starts at the first candle, and each other one where the previous ended."""
    plan = list(stretches(np.random.default_rng(1), MONTH, 5))
    assert plan[0].start == 0
    assert plan[-1].stop == MONTH
    assert all(stretch.stop == following.start for stretch, following in pairwise(plan))
    assert all(stretch.start < stretch.stop for stretch in plan)


def test_a_rebound_follows_each_crash() -> None:
    """Every crash is followed by a rebound."""
    plan = list(stretches(np.random.default_rng(2), 12 * MONTH, 5))
    after = [following.regime for stretch, following in pairwise(plan) if stretch.regime is CRASH]
    assert len(after) > 10
    assert set(after) == {REBOUND}


def test_lengths_vary_from_hours_to_days() -> None:
    """Some trends last less than half a day, and some more than two days."""
    plan = list(stretches(np.random.default_rng(3), 12 * MONTH, 5))
    hours = [(trend.stop - trend.start) / 12 for trend in plan if trend.regime.name.startswith("trend")]
    assert min(hours) < 12
    assert max(hours) > 48
