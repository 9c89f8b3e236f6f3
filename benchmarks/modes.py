"""What the modes that robustop recommends cost a backtest: exact breakeven, stops at closes, and everything on.

Each comparison backtests two strategies in turns, in one process, and times only Freqtrade's loop. A round repeats
short backtests. The ratios are of CPU seconds: medians over the rounds of the ratio within a round.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import click
from figures import figures_of_stop, same
from ground import Ground, ground_of
from repeats import in_repeated_turns, paired_ratio
from stops import WRITTEN_HERE, Stop
from timing import Bench

from robustop_plugin.venue.market import Market

DETAIL = ("--timeframe-detail", "5m")


class Comparison(NamedTuple):
    """Two stops on the same entries.

    Attributes:
        above: The stop in the numerator.
        below: The stop in the denominator.
        market: `spot` or `futures`.
        timeframe: Timeframe of the candles.
        words: More words of the command line.
    """

    above: Stop
    below: Stop
    market: str = "spot"
    timeframe: str = "5m"
    words: tuple[str, ...] = ()


def stop(key: str, title: str, strategy: str) -> Stop:
    """Return a stop of the strategies that are written here."""
    return Stop(key, title, strategy, WRITTEN_HERE)


PERCENT = stop("percent", "the same with percents", "EveryEngine")
COMPARISONS = {
    "backtest_exact_vs_percent": Comparison(
        stop("exact", "four engines, exact breakeven", "EveryEngineExact"), PERCENT
    ),
    "backtest_exact_vs_percent_futures": Comparison(
        stop("exact", "four engines on perpetuals, exact breakeven", "EveryEngineOnPerpetualsExact"),
        stop("percent", "the same with percents", "EveryEngineOnPerpetuals"),
        "futures",
    ),
    "backtest_exact_vs_percent_futures_1h": Comparison(
        stop("exact", "four engines on hourly perpetuals, exact breakeven", "EveryEngineOnHourlyPerpetualsExact"),
        stop("percent", "the same with percents", "EveryEngineOnHourlyPerpetuals"),
        "futures",
        "1h",
    ),
    "backtest_anchor_candle_vs_price": Comparison(
        stop("closes", "four engines, stops at closes", "EveryEngineAtCloses"),
        stop("prices", "the same at every price", "EveryEngine"),
    ),
    "backtest_anchor_candle_vs_price_detail": Comparison(
        stop("closes", "four engines at hourly closes, 5m detail", "EveryEngineHourlyAtCloses"),
        stop("prices", "the same at every price", "EveryEngineHourly"),
        timeframe="1h",
        words=DETAIL,
    ),
    "backtest_everything_vs_native": Comparison(
        stop("everything", "guard and ladder, exact breakeven, parts sold", "GuardAndLadderExact"),
        stop("native", "Freqtrade's trailing stop", "NativeTrailing"),
    ),
}


def measure_modes(
    ground: Ground, markets: tuple[Market, ...], folder: Path, rounds: int, least_seconds: float
) -> dict[str, Any]:
    """Return the figures of this part of the benchmark. A comparison whose candles are missing is left out.

    Args:
        ground: Spot candles and their exchange.
        markets: All markets, futures too.
        folder: Folder for output.
        rounds: Number of rounds.
        least_seconds: CPU seconds that a stop takes in a round, in as many repeats as that needs.

    Raises:
        click.UsageError: There was no trade to measure.
    """
    spot = tuple(market for market in markets if not market.settle)
    futures = tuple(market for market in markets if market.settle)
    found = {}
    for name, comparison in COMPARISONS.items():
        listed = futures if comparison.market == "futures" else spot
        if not has_candles(ground.candles, listed, comparison.timeframe):
            click.echo(f"{name}: no candles", err=True)
            continue
        with _ground(ground, comparison, listed, folder) as where:
            found[name] = _compared(where, comparison, rounds, least_seconds)
        click.echo(f"{name}: {found[name]['ratio']:.2f}", err=True)
    return found


def has_candles(candles: Path, markets: tuple[Market, ...], timeframe: str) -> bool:
    """Return whether the folder has candles of a timeframe for all these markets, at least one."""
    files = [
        candles / "futures" / f"{market.base}_{market.quote}_{market.settle}-{timeframe}-futures.feather"
        if market.settle
        else candles / f"{market.base}_{market.quote}-{timeframe}.feather"
        for market in markets
    ]
    return bool(files) and all(file.exists() for file in files)


def modes_ratios(found: Mapping[str, Any]) -> dict[str, float]:
    """Return the ratios of this part."""
    return {name: comparison["ratio"] for name, comparison in found.items()}


def has_same_entries(found: Mapping[str, Any]) -> bool:
    """Return whether something was compared, and both stops of each comparison held the same entries."""
    return bool(found) and all(comparison["same_entries"] for comparison in found.values())


@contextmanager
def _ground(ground: Ground, comparison: Comparison, markets: tuple[Market, ...], folder: Path) -> Iterator[Ground]:
    if comparison.market == "spot":
        yield ground
        return
    with ground_of(markets, ground.candles, folder / "perpetuals", ground.timerange) as perpetuals:
        yield perpetuals


def _compared(ground: Ground, comparison: Comparison, rounds: int, least_seconds: float) -> dict[str, Any]:
    both = (comparison.above, comparison.below)
    words = ("--timeframe", comparison.timeframe, *comparison.words)
    runs = in_repeated_turns([Bench(stop, ground, words) for stop in both], rounds, least_seconds)
    first = [runs[stop.key][0].trades for stop in both]
    if any(trades.empty for trades in first):
        raise click.UsageError("there was no trade to measure: take a longer time")
    above, below = (figures_of_stop(runs[stop.key]) for stop in both)
    return {
        "above": above,
        "below": below,
        "ratio": paired_ratio(*(runs[stop.key] for stop in both)),
        "same_entries": same(*first, []),
    }
