"""When the ratios of a part are valid, and its headline numbers."""

import importlib
import statistics
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

BENCHMARKS = Path(__file__).parent.parent.parent / "benchmarks"
EQUAL = {"settings_verified": 28, "trades_verified": 900, "differences": 0}
ENGINES = ("hand_span", "smart_trail", "atr_guard", "r_ladder")


def rated(*rates: float) -> dict[str, Any]:
    """Return the figures of processes with these epochs per CPU second, one per round."""
    return {"epochs_per_second": statistics.median(rates), "rounds": list(rates)}


SIDE = rated(0.5)
SOUND: dict[str, dict[str, Any]] = {
    "backtest": {"same_entries": True, "same_trades": True},
    "modes": {"backtest_exact_vs_percent": {"same_entries": True, "ratio": 1.1}},
    "tuning": {"same_epochs": True},
    "vectorbt": {"robustop": {"trades": 70}, "robustop_all_cores": {"trades": 70}, "vectorbt": {"trades": 70}},
    "live": {"same_stops": True},
    "unprotected": {"spot": {"same_stops": True}, "futures": {"same_stops": True}},
    "many_stops": {"complete": True, "still": {"robustop": {"writes": 100}, "plain": {"writes": 100}}},
    "gate": {"XRP/USDT": {key: {"other_exits": 0} for key in ENGINES}},
    "whole_sweep": {"many_peak_bytes": 500_000_000},
    "verification": {"spot": EQUAL, "futures": EQUAL},
}
UNSOUND = [
    ("backtest", {"same_entries": False, "same_trades": True}),
    ("backtest", {"same_entries": True, "same_trades": False}),
    ("modes", {"backtest_exact_vs_percent": {"same_entries": False, "ratio": 1.1}}),
    ("modes", {}),
    ("tuning", {"same_epochs": False}),
    ("vectorbt", {**SOUND["vectorbt"], "vectorbt": {"trades": 71}}),
    ("vectorbt", {**SOUND["vectorbt"], "vectorbt_rust": {"trades": 71}}),
    ("live", {"same_stops": False}),
    ("unprotected", {**SOUND["unprotected"], "futures": {"same_stops": False}}),
    ("unprotected", {}),
    ("many_stops", {**SOUND["many_stops"], "complete": False}),
    ("many_stops", {**SOUND["many_stops"], "still": {"robustop": {"writes": 101}, "plain": {"writes": 100}}}),
    ("gate", {"XRP/USDT": {**{key: {"other_exits": 0} for key in ENGINES}, "r_ladder": {"other_exits": 1}}}),
    ("whole_sweep", {"many_peak_bytes": 0}),
    ("verification", {"spot": EQUAL, "futures": {**EQUAL, "differences": 1}}),
    ("verification", {}),
]


@pytest.fixture
def parts(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Return the module, which belongs to the scripts and to no package."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module("parts")


@pytest.mark.parametrize("name", SOUND)
def test_what_is_the_same_may_be_compared(parts: ModuleType, name: str) -> None:
    """Equal entries, trades and epochs make a part valid."""
    assert parts.PARTS[name].is_sound(SOUND[name]) is True


@pytest.mark.parametrize(("name", "found"), UNSOUND)
def test_what_differs_may_not(parts: ModuleType, name: str, found: dict[str, Any]) -> None:
    """A single difference, or no comparison at all, makes a part invalid."""
    assert parts.PARTS[name].is_sound(found) is False


def test_counts_of_both_markets_are_added(parts: ModuleType) -> None:
    """Counts of spot and futures are added."""
    numbers = parts.PARTS["verification"].headlines(SOUND["verification"])
    assert numbers == {"sweep_settings_verified": 56, "sweep_trades_verified": 1800, "sweep_differences": 0}


def test_epochs_are_compared_within_a_round(parts: ModuleType) -> None:
    """A round in which the machine was slow for both sides does not change the ratio."""
    tuned = {"robustop": rated(0.5, 0.25, 0.5), "expert": rated(0.1, 0.05, 0.2)}
    tuned |= {"robustop_exact": SIDE, "expert_exact": SIDE, "sweep": {"settings_per_second": 1.0}}
    numbers = parts.PARTS["tuning"].headlines(tuned)
    assert numbers["hyperopt_speedup_vs_expert"] == pytest.approx(5.0)
    assert numbers["hyperopt_exact_speedup_vs_expert"] == 1.0


def test_rates_are_divided_by_what_they_are_compared_with(parts: ModuleType) -> None:
    """Ratios above 1 mean faster: epochs against the expert's, settings against epochs and against vectorbt."""
    tuned = {"robustop": SIDE, "expert": rated(0.2), "sweep": {"settings_per_second": 100.0}}
    tuned |= {"robustop_exact": rated(0.6), "expert_exact": rated(0.2)}
    numbers = parts.PARTS["tuning"].headlines(tuned)
    assert numbers == {
        "hyperopt_speedup_vs_expert": 2.5,
        "hyperopt_exact_speedup_vs_expert": pytest.approx(3.0),
        "sweep_vs_hyperopt": 200.0,
    }
    assert parts.PARTS["modes"].headlines(SOUND["modes"]) == {"backtest_exact_vs_percent": 1.1}
    rates = {"robustop": 300.0, "robustop_all_cores": 480.0, "vectorbt": 60.0, "vectorbt_rust": 120.0}
    found = {key: {"settings_per_second": rate} for key, rate in rates.items()}
    assert parts.PARTS["vectorbt"].headlines(found) == {
        "sweep_vs_vectorbt": 5.0,
        "sweep_vs_vectorbt_rust": 2.5,
        "sweep_all_cores_vs_vectorbt": 8.0,
        "sweep_all_cores_vs_vectorbt_rust": 4.0,
    }


def test_whole_sweeps_are_compared_by_their_medians(parts: ModuleType) -> None:
    """One slow round changes no ratio; memory is in GiB."""
    found = {"first_seconds": [30.0, 90.0, 24.0], "later_seconds": [20.0, 10.0, 22.0], "many_peak_bytes": 3 << 29}
    assert parts.PARTS["whole_sweep"].headlines(found) == {"sweep_first_vs_later": 1.5, "sweep_memory_gib": 1.5}
