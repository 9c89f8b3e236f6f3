"""Freqtrade's names in `robustop sweep`, the edge of a range, and a choice that could be luck."""

import json
import os
import shlex

import pytest
from click.testing import CliRunner

from robustop_plugin.cli import sweep as command
from robustop_plugin.cli.main import main
from robustop_plugin.cli.sweep_verdict import edge_hints, is_trusted
from robustop_plugin.cli.variadic import spread_out
from robustop_plugin.lab.sweep.judging.reality_check import RealityChecks
from robustop_plugin.lab.sweep.space import Dimension, Space
from robustop_plugin.settings import load_settings
from tests.cli.conftest import BY_FREQTRADE, Options, Sweep, line_of

MULTIPLIER = "robustop_initial_stop_multiplier"
BEYOND = ": better values may lie beyond"
BLOCK = {"hyperopt": True, "partials": [], "engines": [{"name": "hand_span", "adaptive": {"min_scale": 0.5}}]}


@pytest.mark.parametrize(
    ("theirs", "ours", "value"),
    [
        (["--epochs", "7"], "count", 7),
        (["-e", "7"], "count", 7),
        (["--random-state", "5"], "seed", 5),
        (["--job-workers", "2"], "jobs", 2),
        (["-j", "-1"], "jobs", os.cpu_count()),
        (["--hyperopt-loss", "SharpeHyperOptLoss"], "objective", "SharpeHyperOptLoss"),
        (["--disable-param-export"], "no_export", True),
        (["-p", "SOL/USDT", "DOGE/USDT", "--fee", "0.001"], "pairs", ("SOL/USDT", "DOGE/USDT")),
        (["--fee", "0.002"], "fee", 0.002),
        (["--max-open-trades", "3"], "max_open_trades", 3),
    ],
)
def test_freqtrade_s_names_are_understood(
    theirs: list[str], ours: str, value: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each name of Freqtrade's hyperopt sets the option that robustop has for it."""
    seen: dict[str, object] = {}

    def stop(options: dict[str, object]) -> None:
        seen.update(options)
        raise SystemExit(0)

    monkeypatch.setattr(command, "_check", stop)
    result = CliRunner().invoke(main, ["sweep", "--strategy", "Mine", *theirs])
    assert result.exit_code == 0, result.output
    assert seen[ours] == value


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["--spaces", "all"], "--spaces: sweep searches the space robustop only"),
        (["--enable-protections"], "--enable-protections: sweep does not model protections"),
        (["--early-stop", "20"], "--early-stop: sweep evaluates all of its settings"),
    ],
)
def test_what_a_sweep_does_not_have_is_refused(words: list[str], reason: str) -> None:
    """Other options of hyperopt are refused in one line that says what to do instead."""
    assert reason in line_of(CliRunner().invoke(main, ["sweep", "--strategy", "Mine", *words]))


def test_several_values_after_one_name() -> None:
    """Only the named options take several values; another option ends the list."""
    words = ["-p", "A", "B", "--json", "-p", "C", "--set", "x", "y"]
    assert list(spread_out(words, ["-p"])) == ["-p", "A", "-p", "B", "--json", "-p", "C", "--set", "x", "y"]


def test_pairs_fee_and_slots_reach_freqtrade(sweep: Sweep, where: Options) -> None:
    """One pair, no fee and one slot change the trades, and stand in the command that confirms them."""
    words = [*BY_FREQTRADE, "--json", "--export-anyway", "--verify", "1"]
    all_pairs = json.loads(sweep(*words).stdout)
    result = sweep(*words, "-p", "SOL/USDT", "--fee", "0.0", "--max-open-trades", "1", "--overwrite")
    assert result.exit_code == 0, result.output
    one = json.loads(result.stdout)
    assert one["verified"] is True
    assert 0 < one["yours"]["trades"] < all_pairs["yours"]["trades"]
    confirm = shlex.split(one["confirm"])
    for expected in (["--pairs", "SOL/USDT"], ["--fee", "0.0"], ["--max-open-trades", "1"]):
        position = confirm.index(expected[0])
        assert confirm[position : position + 2] == expected
    with_fee = sweep(*words, "-p", "SOL/USDT", "--max-open-trades", "1", "--resume")
    assert with_fee.exit_code == 2
    assert where.parameters.exists()


def test_a_choice_that_could_be_luck_is_not_exported(sweep: Sweep, where: Options) -> None:
    """Four settings on forty days of a random market prove nothing: the file is written on request only."""
    result = sweep(*BY_FREQTRADE)
    assert result.exit_code == 0, result.output
    assert "could be luck: do not trust it yet" in result.stdout
    assert "none were written" in result.stdout
    assert not where.parameters.exists()
    asked = sweep(*BY_FREQTRADE, "--resume", "--export-anyway", "--json")
    assert json.loads(asked.stdout)["verdict"] == "could be luck: do not trust it yet"
    assert where.parameters.exists()


@pytest.mark.parametrize(
    ("sharpe", "checks", "trusted"),
    [
        (0.99, RealityChecks(0.01, 0.9), True),
        (0.94, RealityChecks(0.01, 0.01), False),
        (0.99, RealityChecks(0.06, 0.01), False),
        (None, RealityChecks(0.01, 0.01), False),
        (0.99, None, False),
    ],
)
def test_what_is_trusted(sharpe: float | None, checks: RealityChecks | None, trusted: bool) -> None:
    """Both tests have to exclude luck; to be no better than the settings in force is no luck."""
    assert is_trusted(sharpe, checks) is trusted


@pytest.mark.parametrize(
    ("name", "values", "chosen", "expected"),
    [
        (
            MULTIPLIER,
            (2.0, 5.0, 8.0),
            8.0,
            [f"initial_stop_multiplier=8 is the largest of 2 to 8{BEYOND}; try --set initial_stop_multiplier=8:14:1"],
        ),
        (
            MULTIPLIER,
            (6.0, 8.0),
            6.0,
            [f"initial_stop_multiplier=6 is the smallest of 6 to 8{BEYOND}; try --set initial_stop_multiplier=3:6:0.5"],
        ),
        (MULTIPLIER, (2.0, 5.0, 8.0), 5.0, []),
        (MULTIPLIER, (2.0,), 2.0, []),
        (
            "robustop_hand_span_adaptive_min_scale",
            (0.5, 1.0),
            1.0,
            [f"hand_span_adaptive_min_scale=1 is the largest of 0.5 to 1{BEYOND}"],
        ),
    ],
)
def test_a_value_at_the_edge_of_its_range(
    name: str, values: tuple[float, ...], chosen: float, expected: list[str]
) -> None:
    """A hint names a wider range, unless the settings end there too."""
    space = Space(load_settings(BLOCK), [Dimension(name, values)], {})
    assert list(edge_hints(space, {name: chosen})) == expected
