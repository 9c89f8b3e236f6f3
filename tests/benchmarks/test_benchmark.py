"""The benchmark measures what it says; durations are not asserted."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.benchmark import run_bench

STOPS = {"native", "same", "everything", "robustop", "expert", "documented"}
GROWING = {"seldom", "often"}
OF_A_STOP = {"seconds", "cpu_seconds", "rounds", "cpu_rounds", "trades", "candles", "seconds_per_million_candles"}
MOST_DIFFERING = 0.05
"""Share of exits that may fall into another candle: rules are the same, rounding is not."""


COMPOSITIONS = 7
"""Engines alone and together, in the part that verifies."""
WITHOUT_VECTORBT = ("backtest", "modes", "tuning", "live", "verification")
SMALL = {"days": 6, "rounds": 1, "least-seconds": 0, "epochs": 2, "settings": 16, "checks": 1, "check-days": 2}


def small(parts: tuple[str, ...], output: Path) -> subprocess.CompletedProcess[str]:
    """Run one round of some parts over six days."""
    amounts = [word for name, amount in SMALL.items() for word in (f"--{name}", str(amount))]
    return run_bench(
        *amounts, *(word for part in parts for word in ("--only", part)), "--no-compiling", "--output", str(output)
    )


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the path of the figures."""
    return tmp_path_factory.mktemp("bench") / "figures.json"


@pytest.fixture(scope="module")
def done(output: Path) -> subprocess.CompletedProcess[str]:
    """Run all parts that need no extra library."""
    return small(WITHOUT_VECTORBT, output)


@pytest.fixture(scope="module")
def figures(done: subprocess.CompletedProcess[str], output: Path) -> dict[str, Any]:
    """Return the figures of that run."""
    assert done.returncode == 0, done.stderr
    return dict(json.loads(output.read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def backtests(figures: dict[str, Any]) -> dict[str, Any]:
    """Return the figures of the backtest part."""
    return dict(figures["backtest"])


def test_every_part_says_what_it_is_of(figures: dict[str, Any]) -> None:
    """The figures contain the commit, the versions, and the seconds of each part."""
    assert figures["commit"]
    assert {"python", "robustop", "freqtrade"} <= set(figures["versions"])
    assert set(figures["part_seconds"]) == set(WITHOUT_VECTORBT)
    assert "vectorbt" not in figures


def test_each_stop_was_timed(backtests: dict[str, Any]) -> None:
    """Each stop has one round, with trades and candles counted."""
    assert set(backtests["stops"]) == STOPS | GROWING
    for found in backtests["stops"].values():
        assert set(found) == OF_A_STOP
        assert len(found["rounds"]) == len(found["cpu_rounds"]) == 1
        assert found["seconds"] > 0
        assert found["candles"] > found["trades"] > 0
    assert 0 < backtests["decision_p50_us"] <= backtests["decision_p99_us"]


def test_ratios_are_given_both_ways(backtests: dict[str, Any]) -> None:
    """Ratios are given raw and per candle held, with trades and candles."""
    pairs = [(found["of"], found["to"]) for found in backtests["ratios"]]
    assert pairs == [
        ("same", "native"),
        ("everything", "native"),
        ("documented", "robustop"),
        ("expert", "robustop"),
        ("often", "seldom"),
    ]
    for found in backtests["ratios"]:
        assert found["seconds_per_million_candles"] == pytest.approx(found["seconds"] / found["candles"])


def test_the_stops_hold_the_same_entries(backtests: dict[str, Any]) -> None:
    """No stop affects which entries are made."""
    assert backtests["same_entries"] is True
    assert len({backtests["stops"][key]["trades"] for key in STOPS}) == 1


def test_smart_trail_makes_the_trades_of_the_native_stop(backtests: dict[str, Any]) -> None:
    """Stops whose times are compared make the same trades, to the last digit."""
    assert backtests["same_trades"] is True
    assert backtests["stops"]["same"]["candles"] == backtests["stops"]["native"]["candles"]


OF_SPOT = ("backtest_exact_vs_percent", "backtest_anchor_candle_vs_price", "backtest_everything_vs_native")
"""The comparisons that need no hourly candles and no perpetuals, which the embedded market has not."""


def test_modes_are_compared_on_the_same_entries(figures: dict[str, Any]) -> None:
    """Each ratio is of CPU seconds, and both sides have made the same entries."""
    assert set(figures["modes"]) == set(OF_SPOT)
    for name, found in figures["modes"].items():
        assert found["same_entries"] is True
        assert found["above"]["trades"] == found["below"]["trades"] > 0
        assert figures[name] == pytest.approx(found["above"]["cpu_seconds"] / found["below"]["cpu_seconds"])


def test_growth_is_of_ten_times_the_trades(figures: dict[str, Any], backtests: dict[str, Any]) -> None:
    """The two stops differ only in their number of trades."""
    (growth,) = (found for found in backtests["ratios"] if found["name"] == "growth_10x_trades")
    assert 9 < growth["trades"] < 11
    assert figures["growth_10x_trades"] == growth["cpu_seconds"]


def test_the_same_rules_leave_in_the_same_candle(backtests: dict[str, Any]) -> None:
    """The hand-written rules equal robustop's hand_span, up to rounding."""
    trades = backtests["stops"]["robustop"]["trades"]
    for found in backtests["exits_beside_robustop"].values():
        assert found["compared"] == trades
        assert found["in_another_candle"] <= MOST_DIFFERING * trades


def test_hyperopt_and_the_sweep_are_timed_on_the_same_trades(
    figures: dict[str, Any], tell: Callable[[str], None]
) -> None:
    """Epochs of both strategies use the same values, and start-up times are separate."""
    found = figures["tuning"]
    assert found["same_epochs"] is True
    for key in ("robustop", "expert", "robustop_exact", "expert_exact"):
        assert len(found[key]["trades"]) == SMALL["epochs"]
        assert min(found[key]["trades"]) > 0
        # A rate is of CPU time, of which all cores together cannot give more than there is.
        cpu_seconds, seconds = 1 / found[key]["epochs_per_second"], found[key]["epoch_seconds"][0][0]
        assert 0 < cpu_seconds <= 1.1 * seconds * (os.cpu_count() or 1)
        assert found[key]["process_seconds"][0] > sum(found[key]["epoch_seconds"][0])
    assert found["sweep"]["settings"] == found["command_line"]["settings"] == SMALL["settings"]
    assert found["sweep"]["trades"] == SMALL["settings"] * found["robustop"]["trades"][0]
    assert found["command_line"]["seconds_before_the_first"] < found["command_line"]["process_seconds"]
    ours, sweep = found["robustop"]["epochs_per_second"], found["sweep"]["settings_per_second"]
    assert figures["hyperopt_speedup_vs_expert"] == pytest.approx(ours / found["expert"]["epochs_per_second"])
    exact = found["robustop_exact"]["epochs_per_second"] / found["expert_exact"]["epochs_per_second"]
    assert figures["hyperopt_exact_speedup_vs_expert"] == pytest.approx(exact)
    assert figures["sweep_vs_hyperopt"] == pytest.approx(sweep / ours)
    tell(f"{found['robustop']['trades'][0]} trades in every epoch and every setting")


def test_the_loops_of_two_bots_are_compared_at_the_same_stops(figures: dict[str, Any]) -> None:
    """At new highs that move no stop, a bot commits as often as one with a hand-written stop."""
    found = figures["live"]
    assert found["same_stops"] is True
    ours, theirs = found["robustop"], found["by_hand"]
    assert len(ours["cpu_rounds"]) == len(theirs["cpu_rounds"]) == 1
    ratio = ours["cpu_seconds_per_loop"] / theirs["cpu_seconds_per_loop"]
    assert figures["live_loop_vs_hand_written"] == pytest.approx(ratio)
    assert figures["live_commits_per_loop"] == figures["live_commits_per_loop_plain"] == 2


def test_the_sweeps_trades_are_compared_with_those_of_freqtrade(
    figures: dict[str, Any], tell: Callable[[str], None]
) -> None:
    """One setting of every engine composition is compared; the embedded market has no futures."""
    (found,) = figures["verification"].values()
    assert figures["sweep_settings_verified"] == found["settings_verified"] == COMPOSITIONS
    assert figures["sweep_trades_verified"] == found["trades_verified"] > COMPOSITIONS
    assert figures["sweep_differences"] == 0
    assert len(found["exit_reasons"]) > 2
    tell(f"{found['trades_verified']} trades equal, of {COMPOSITIONS} settings")


def test_tables_are_printed(done: subprocess.CompletedProcess[str]) -> None:
    """The tables name what is compared, without Freqtrade's log."""
    assert "robustop hand_span" in done.stdout
    assert "The stops hold the same entries." in done.stdout
    hyperopts = [line for line in done.stdout.splitlines() if line.startswith("| hyperopt: ")]
    assert [line.count("epochs/s") for line in hyperopts] == [2, 2]
    assert "| backtest, CPU: four engines, exact breakeven / the same with percents |" in done.stdout
    assert "INFO" not in done.stderr


def test_help_teaches() -> None:
    """The help says what is measured, and shows examples."""
    helped = run_bench("--help")
    assert helped.returncode == 0
    stops = ("unprotected", "many_stops", "gate")
    for part in ("backtest", "modes", "tuning", "vectorbt", "live", *stops, "verification"):
        assert f"  {part}: " in helped.stdout
    assert "python benchmarks/bench.py --rounds 5" in helped.stdout


def test_a_folder_without_candles_is_refused(tmp_path: Path) -> None:
    """One line says what is missing."""
    refused = run_bench("--only", "backtest", "--candles", str(tmp_path), "--output", str(tmp_path / "out.json"))
    assert refused.returncode == 2
    assert "must hold spot candles" in refused.stderr
    assert "Traceback" not in refused.stderr
