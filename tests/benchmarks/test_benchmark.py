"""The benchmark measures what it says; how long anything takes is not asserted."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent.parent
SCRIPT = ROOT / "benchmarks" / "backtest.py"
STOPS = {"native", "same", "everything", "robustop", "expert", "documented"}
GROWING = {"seldom", "often"}
OF_A_STOP = {"seconds", "cpu_seconds", "rounds", "cpu_rounds", "trades", "candles", "seconds_per_million_candles"}
MOST_DIFFERING = 0.05
"""Share of exits that may fall into another candle: rules are the same, rounding is not."""


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the benchmark on the embedded market, whatever real candles there are."""
    environment = {name: value for name, value in os.environ.items() if name != "ROBUSTOP_DATA"}
    command = [sys.executable, str(SCRIPT), *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return where the one run leaves its figures."""
    return tmp_path_factory.mktemp("bench") / "figures.json"


@pytest.fixture(scope="module")
def done(output: Path) -> subprocess.CompletedProcess[str]:
    """Run one round over eight days."""
    return run("--days", "8", "--rounds", "1", "--output", str(output))


@pytest.fixture(scope="module")
def figures(done: subprocess.CompletedProcess[str], output: Path) -> dict[str, Any]:
    """Return the figures of that run."""
    assert done.returncode == 0, done.stderr
    return dict(json.loads(output.read_text(encoding="utf-8")))


def test_each_stop_was_timed(figures: dict[str, Any]) -> None:
    """Each stop, one round, trades and candles counted."""
    assert set(figures["stops"]) == STOPS | GROWING
    for found in figures["stops"].values():
        assert set(found) == OF_A_STOP
        assert len(found["rounds"]) == len(found["cpu_rounds"]) == 1
        assert found["seconds"] > 0
        assert found["candles"] > found["trades"] > 0
    assert 0 < figures["decision_p50_us"] <= figures["decision_p99_us"]
    assert figures["commit"]
    assert {"python", "robustop", "freqtrade"} <= set(figures["versions"])


def test_ratios_are_given_both_ways(figures: dict[str, Any]) -> None:
    """Raw and per candle held, with trades and candles beside them."""
    pairs = [(found["of"], found["to"]) for found in figures["ratios"]]
    assert pairs == [
        ("same", "native"),
        ("everything", "native"),
        ("documented", "robustop"),
        ("expert", "robustop"),
        ("often", "seldom"),
    ]
    for found in figures["ratios"]:
        assert found["seconds_per_million_candles"] == pytest.approx(found["seconds"] / found["candles"])


def test_the_stops_hold_the_same_entries(figures: dict[str, Any]) -> None:
    """Another stop never decides what is entered."""
    assert figures["same_entries"] is True
    assert len({figures["stops"][key]["trades"] for key in STOPS}) == 1


def test_smart_trail_makes_the_trades_of_the_native_stop(figures: dict[str, Any]) -> None:
    """What is compared in time is the same in trades, to the last digit."""
    assert figures["same_trades"] is True
    assert figures["stops"]["same"]["candles"] == figures["stops"]["native"]["candles"]


def test_growth_is_of_ten_times_the_trades(figures: dict[str, Any]) -> None:
    """The two that differ in their number of trades alone."""
    (growth,) = (found for found in figures["ratios"] if found["name"] == "growth_10x_trades")
    assert 9 < growth["trades"] < 11
    assert figures["growth_10x_trades"] == growth["seconds"]


def test_the_same_rules_leave_in_the_same_candle(figures: dict[str, Any]) -> None:
    """What is written by hand is robustop's hand_span, up to rounding."""
    trades = figures["stops"]["robustop"]["trades"]
    for found in figures["exits_beside_robustop"].values():
        assert found["compared"] == trades
        assert found["in_another_candle"] <= MOST_DIFFERING * trades


def test_one_table_is_printed(done: subprocess.CompletedProcess[str]) -> None:
    """The table names the stops, and the log of Freqtrade does not drown it."""
    assert "robustop hand_span" in done.stdout
    assert "The stops hold the same entries." in done.stdout
    assert "INFO" not in done.stderr


def test_help_teaches() -> None:
    """Help says what is measured, and shows examples."""
    helped = run("--help")
    assert helped.returncode == 0
    assert "Position stacking" in helped.stdout
    assert "python benchmarks/backtest.py --rounds 5" in helped.stdout


def test_a_folder_without_candles_is_refused(tmp_path: Path) -> None:
    """One line says what is missing."""
    refused = run("--candles", str(tmp_path), "--output", str(tmp_path / "out.json"))
    assert refused.returncode == 2
    assert "must hold spot candles" in refused.stderr
    assert "Traceback" not in refused.stderr
