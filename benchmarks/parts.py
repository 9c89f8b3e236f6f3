"""The parts of the benchmark: each by its name, how it is measured, and which of its numbers are told first."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from against_vectorbt import makes_the_same_trades, measure_vectorbt, vectorbt_ratios
from backtest import measure_backtest
from figures import backtest_ratios
from ground import Ground
from tuning import measure_tuning, tuning_ratios
from verification import measure_verification, nothing_differs, verification_counts

from robustop_plugin.venue.market import Market


@dataclass(frozen=True)
class Amounts:
    """How much is measured.

    Attributes:
        rounds: turns.
        epochs: of each hyperopt process.
        settings: of each sweep.
        checks: settings of each composition and kind of market that are compared with Freqtrade's trades.
        check_days: that these settings are traded.
        compiling: whether a sweep without machine code is timed as well.
    """

    rounds: int
    epochs: int
    settings: int
    checks: int
    check_days: int
    compiling: bool


@dataclass(frozen=True)
class Place:
    """Where it is measured.

    Attributes:
        ground: spot candles and their exchange.
        markets: all that there are, futures too.
        folder: for what is written.
    """

    ground: Ground
    markets: tuple[Market, ...]
    folder: Path


class Part(NamedTuple):
    """One part.

    Attributes:
        measure: returns its figures.
        headlines: returns what is told first.
        is_sound: returns whether what was compared is what should be.
    """

    measure: Callable[[Place, Amounts], dict[str, Any]]
    headlines: Callable[[dict[str, Any]], Mapping[str, float]]
    is_sound: Callable[[dict[str, Any]], bool]


def _backtest(place: Place, amounts: Amounts) -> dict[str, Any]:
    return measure_backtest(place.ground, amounts.rounds)


def _tuning(place: Place, amounts: Amounts) -> dict[str, Any]:
    return measure_tuning(place.ground, amounts.rounds, amounts.epochs, amounts.settings, compiling=amounts.compiling)


def _vectorbt(place: Place, amounts: Amounts) -> dict[str, Any]:
    return measure_vectorbt(place.ground, amounts.rounds, amounts.settings)


def _verification(place: Place, amounts: Amounts) -> dict[str, Any]:
    folder = place.folder / "verification"
    return measure_verification(place.markets, place.ground.candles, folder, amounts.check_days, amounts.checks)


PARTS = {
    "backtest": Part(_backtest, backtest_ratios, lambda found: found["same_entries"] and found["same_trades"]),
    "tuning": Part(_tuning, tuning_ratios, lambda found: found["same_epochs"]),
    "vectorbt": Part(_vectorbt, vectorbt_ratios, makes_the_same_trades),
    "verification": Part(_verification, verification_counts, nothing_differs),
}
