"""The windows of a walk-forward test."""

from itertools import pairwise

import pytest

from robustop_plugin.core.errors import InvalidSettings
from robustop_plugin.lab.sweep.windows import Window, make_folds

HOUR = 3_600_000
WHOLE = Window(1000 * HOUR, 1103 * HOUR)


@pytest.mark.parametrize("anchored", [True, False])
@pytest.mark.parametrize(("count", "train"), [(1, 1), (4, 3), (7, 2)])
def test_tests_lie_side_by_side_up_to_the_end_and_trains_before_them(count: int, train: int, anchored: bool) -> None:
    """Test windows are adjacent, and no training window contains a candle of its own or a later test."""
    folds = make_folds(WHOLE, count, train, HOUR, anchored=anchored)
    assert len(folds) == count
    assert folds[-1].test.stop == WHOLE.stop
    lengths = {fold.test.stop - fold.test.start for fold in folds}
    assert len(lengths) == 1
    for before, after in pairwise(folds):
        assert before.test.stop == after.test.start
    for fold in folds:
        assert WHOLE.start <= fold.train.start < fold.train.stop == fold.test.start
        assert all((moment - WHOLE.start) % HOUR == 0 for window in fold for moment in window)


def test_anchored_trains_grow_and_rolling_ones_move_on() -> None:
    """Anchored training windows grow, rolling ones slide; the test windows are the same."""
    anchored, rolling = (make_folds(WHOLE, 4, 3, HOUR, anchored=kind) for kind in (True, False))
    assert {fold.train.start for fold in anchored} == {WHOLE.start}
    assert {fold.train.stop - fold.train.start for fold in rolling} == {3 * 14 * HOUR}
    assert [fold.test for fold in anchored] == [fold.test for fold in rolling]


def test_too_few_candles_are_refused() -> None:
    """A test window has at least two candles."""
    with pytest.raises(InvalidSettings, match="--walk-forward 50 with --train-windows 3 needs more candles"):
        make_folds(WHOLE, 50, 3, HOUR, anchored=True)
