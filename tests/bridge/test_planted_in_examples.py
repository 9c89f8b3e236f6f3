"""Faults of a running bot that examples find and the state machine does not."""

from collections.abc import Callable

import pytest

from tests.bridge.decisions import test_averaging as averaging
from tests.bridge.state import test_found_at_start as at_start
from tests.support.host import Host
from tests.support.mutants_of_real_life import NOT_FOUND

EXAMPLES: dict[str, Callable[[Host], None]] = {
    "late candles tighten nothing": at_start.test_candles_that_come_late,
    "each report of an entry is a new one": averaging.test_a_purchase_that_is_reported_again_begins_nothing_anew,
    "any span is a span": averaging.test_a_span_that_would_be_too_small_stays,
    "the old maximum comes back": averaging.test_the_old_best_does_not_come_back_with_a_restart,
}


@pytest.mark.parametrize("name", NOT_FOUND)
def test_a_planted_fault_breaks_its_example(spot: Host, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each planted fault breaks its example."""
    NOT_FOUND[name].plant(monkeypatch)
    with pytest.raises(AssertionError):
        EXAMPLES[name](spot)
