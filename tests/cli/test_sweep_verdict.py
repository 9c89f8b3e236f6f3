"""What a sweep makes of its tests of luck, in one sentence."""

from typing import Any

import pytest

from robustop_plugin.cli.sweep_summary import verdict_of
from robustop_plugin.lab.sweep.judging.reality_check import Chance

DOUBT, MORE = "luck would do: do not believe it yet", "it earns by more than luck, and more than your settings do"
EARNS = "it earns by more than luck, but need not be better than your settings"


@pytest.mark.parametrize(
    ("skill", "chance", "verdict"),
    [
        (0.99, Chance(0.01, 0.01), MORE),
        (0.95, Chance(0.05, 0.05), MORE),
        (0.99, Chance(0.01, 0.2), EARNS),
        (0.94, Chance(0.01, 0.01), DOUBT),
        (0.99, Chance(0.06, 0.01), DOUBT),
        (None, Chance(0.01, 0.01), DOUBT),
        (0.99, None, DOUBT),
    ],
)
def test_whichever_test_doubts_is_heard(skill: float | None, chance: Any, verdict: str) -> None:
    """Both have to say that it is more than luck; that it is better than yours is a question of its own."""
    assert verdict_of(skill, chance) == verdict
