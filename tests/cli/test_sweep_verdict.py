"""The one-sentence conclusion from the statistical tests of a sweep."""

from typing import Any

import pytest

from robustop_plugin.cli.sweep_verdict import verdict
from robustop_plugin.lab.sweep.judging.reality_check import RealityChecks

DOUBT, MORE = "could be luck: do not trust it yet", "it earns more than by luck, and more than your settings"
EARNS = "it earns more than by luck, but may be no better than your settings"


@pytest.mark.parametrize(
    ("deflated_sharpe", "reality_checks", "expected"),
    [
        (0.99, RealityChecks(0.01, 0.01), MORE),
        (0.95, RealityChecks(0.05, 0.05), MORE),
        (0.99, RealityChecks(0.01, 0.2), EARNS),
        (0.94, RealityChecks(0.01, 0.01), DOUBT),
        (0.99, RealityChecks(0.06, 0.01), DOUBT),
        (None, RealityChecks(0.01, 0.01), DOUBT),
        (0.99, None, DOUBT),
    ],
)
def test_either_test_can_reject(deflated_sharpe: float | None, reality_checks: Any, expected: str) -> None:
    """Both tests must exclude luck; the improvement on the settings in force is tested separately."""
    assert verdict(deflated_sharpe, reality_checks) == expected
