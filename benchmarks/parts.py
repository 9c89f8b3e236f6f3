"""The parts of the benchmark: name, measurement, and headline numbers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from against_vectorbt import makes_the_same_trades, measure_vectorbt, vectorbt_ratios
from backtest import measure_backtest
from figures import backtest_ratios
from gate import exits_are_equal, gate_headlines, measure_gate
from ground import Ground
from live import live_ratios, measure_live
from many_stops import has_all_stops, many_stops_headlines, measure_many_stops
from modes import has_same_entries, measure_modes, modes_ratios
from tuning import measure_tuning, tuning_ratios
from unprotected import has_same_stops, measure_unprotected, unprotected_headlines
from verification import measure_verification, nothing_differs, verification_counts
from whole_sweep import measure_whole_sweeps, whole_sweep_ratios

from robustop_plugin.venue.market import Market


@dataclass(frozen=True)
class Amounts:
    """How much is measured.

    Attributes:
        rounds: Number of rounds.
        least_seconds: CPU seconds of a backtest of a mode in a round, in as many repeats as that needs.
        epochs: Epochs of each hyperopt process.
        settings: Settings of each sweep.
        checks: Settings per engine composition and market type that are compared with Freqtrade.
        check_days: Days on which these settings are traded.
        compiling: True to time a sweep without compiled code as well.
        lives: Positions of each live bot in a round, one after the other.
        positions: Positions that a live bot holds at once.
        loops: Loops of a live bot with these positions, in each of two markets.
    """

    rounds: int
    least_seconds: float
    epochs: int
    settings: int
    checks: int
    check_days: int
    compiling: bool
    lives: int = 6
    positions: int = 100
    loops: int = 8


@dataclass(frozen=True)
class Place:
    """Where it is measured.

    Attributes:
        ground: Spot candles and their exchange.
        markets: All markets, futures too.
        folder: Folder for output.
    """

    ground: Ground
    markets: tuple[Market, ...]
    folder: Path


class Part(NamedTuple):
    """One part of the benchmark.

    Attributes:
        measure: Returns the figures.
        headlines: Returns the headline numbers.
        is_sound: Returns whether the compared trades are as expected.
    """

    measure: Callable[[Place, Amounts], dict[str, Any]]
    headlines: Callable[[dict[str, Any]], Mapping[str, float]]
    is_sound: Callable[[dict[str, Any]], bool]


def _backtest(place: Place, amounts: Amounts) -> dict[str, Any]:
    return measure_backtest(place.ground, amounts.rounds)


def _modes(place: Place, amounts: Amounts) -> dict[str, Any]:
    return measure_modes(place.ground, place.markets, place.folder, amounts.rounds, amounts.least_seconds)


def _tuning(place: Place, amounts: Amounts) -> dict[str, Any]:
    return measure_tuning(place.ground, amounts.rounds, amounts.epochs, amounts.settings, compiling=amounts.compiling)


def _vectorbt(place: Place, amounts: Amounts) -> dict[str, Any]:
    return measure_vectorbt(place.ground, amounts.rounds, amounts.settings)


def _live(place: Place, amounts: Amounts) -> dict[str, Any]:
    return measure_live(place.ground, amounts.rounds)


def _verification(place: Place, amounts: Amounts) -> dict[str, Any]:
    folder = place.folder / "verification"
    return measure_verification(place.markets, place.ground.candles, folder, amounts.check_days, amounts.checks)


def _whole_sweep(place: Place, amounts: Amounts) -> dict[str, Any]:
    return measure_whole_sweeps(place.ground, amounts.rounds)


def _unprotected(place: Place, amounts: Amounts) -> dict[str, Any]:
    return measure_unprotected(place.folder, amounts.rounds, amounts.lives)


def _many_stops(place: Place, amounts: Amounts) -> dict[str, Any]:
    return measure_many_stops(place.folder, amounts.positions, amounts.loops)


def _gate(place: Place, _: Amounts) -> dict[str, Any]:
    return measure_gate(place.ground.candles)


PARTS = {
    "backtest": Part(_backtest, backtest_ratios, lambda found: found["same_entries"] and found["same_trades"]),
    "modes": Part(_modes, modes_ratios, has_same_entries),
    "tuning": Part(_tuning, tuning_ratios, lambda found: found["same_epochs"]),
    "vectorbt": Part(_vectorbt, vectorbt_ratios, makes_the_same_trades),
    "live": Part(_live, live_ratios, lambda found: found["same_stops"]),
    "unprotected": Part(_unprotected, unprotected_headlines, has_same_stops),
    "many_stops": Part(_many_stops, many_stops_headlines, has_all_stops),
    "gate": Part(_gate, gate_headlines, exits_are_equal),
    "whole_sweep": Part(_whole_sweep, whole_sweep_ratios, lambda found: found["many_peak_bytes"] > 0),
    "verification": Part(_verification, verification_counts, nothing_differs),
}
APART = ("unprotected", "many_stops", "gate")
"""Parts that are measured only if named: together they take ten minutes."""
