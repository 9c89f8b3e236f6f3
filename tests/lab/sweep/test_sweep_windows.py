"""The windows of a walk-forward test."""

from itertools import pairwise

import pytest

from robustop_plugin.core.errors import InvalidSettings
from robustop_plugin.lab.sweep.windows import Window, folds

HOUR = 3_600_000
WHOLE = Window(1000 * HOUR, 1103 * HOUR)


@pytest.mark.parametrize("anchored", [True, False])
@pytest.mark.parametrize(("count", "train"), [(1, 1), (4, 3), (7, 2)])
def test_tests_lie_side_by_side_up_to_the_end_and_trains_before_them(count: int, train: int, anchored: bool) -> None:
    """No train has a candle of its test or of a later one; no candle is tested twice."""
    found = folds(WHOLE, count, train, HOUR, anchored=anchored)
    assert len(found) == count
    assert found[-1].test.stop == WHOLE.stop
    lengths = {fold.test.stop - fold.test.start for fold in found}
    assert len(lengths) == 1
    for before, after in pairwise(found):
        assert before.test.stop == after.test.start
    for fold in found:
        assert WHOLE.start <= fold.train.start < fold.train.stop == fold.test.start
        assert all((moment - WHOLE.start) % HOUR == 0 for window in fold for moment in window)


def test_anchored_trains_grow_and_rolling_ones_move_on() -> None:
    """Both begin with the same length."""
    anchored, rolling = (folds(WHOLE, 4, 3, HOUR, anchored=kind) for kind in (True, False))
    assert {fold.train.start for fold in anchored} == {WHOLE.start}
    assert {fold.train.stop - fold.train.start for fold in rolling} == {3 * 14 * HOUR}
    assert [fold.test for fold in anchored] == [fold.test for fold in rolling]


def test_too_few_candles_are_refused() -> None:
    """A test has two candles at least."""
    with pytest.raises(InvalidSettings, match="--walk-forward 50 with --train-windows 3 needs more candles"):
        folds(WHOLE, 50, 3, HOUR, anchored=True)
