"""What robustop's stops cost, and how fast its sweep is: ratios measured in alternating rounds of one run."""

import importlib.util
import json
import sys
import time
from pathlib import Path
from typing import Any

import click
from ground import ground_of
from parts import APART, PARTS, Amounts, Place
from provenance import commit, machine
from report import print_report
from stops import ROOT

from robustop_plugin.venue.datadir import markets_of
from robustop_plugin.venue.market import Market, write_market

LATEST = ROOT / "benchmarks" / "latest.json"
WORK = ROOT / "user_data" / "bench"
INSTALL_BENCH = 'vectorbt is not installed: pip install "robustop[bench]", or name the other parts with --only'
EPILOG = """
\b
Examples:
  python benchmarks/bench.py
  python benchmarks/bench.py --rounds 5
  python benchmarks/bench.py --only tuning --only vectorbt --timerange 20250110-20250120
  ROBUSTOP_DATA=~/candles python benchmarks/bench.py --timerange 20240310-20240331
"""


@click.command(epilog=EPILOG)
@click.option(
    "--only", multiple=True, type=click.Choice(list(PARTS)), help="Part to measure; may be given more than once."
)
@click.option(
    "--rounds", default=3, show_default=True, type=click.IntRange(min=1), help="Number of rounds; medians are reported."
)
@click.option(
    "--least-seconds",
    default=2.0,
    show_default=True,
    type=click.FloatRange(min=0),
    help="CPU seconds of a mode in a round; shorter backtests are repeated. 0 runs each once.",
)
@click.option("--epochs", default=9, show_default=True, type=click.IntRange(min=2), help="Epochs of each hyperopt.")
@click.option("--settings", default=400, show_default=True, type=click.IntRange(1, 800), help="Settings of each sweep.")
@click.option(
    "--checks",
    default=4,
    show_default=True,
    type=click.IntRange(min=1),
    help="Verified settings per engine composition.",
)
@click.option("--check-days", default=6, show_default=True, type=click.IntRange(min=1), help="Days traded to verify.")
@click.option("--compiling/--no-compiling", default=True, show_default=True, help="Time a first sweep, which compiles.")
@click.option(
    "--days", default=60, show_default=True, type=click.IntRange(min=5), help="Length of the embedded market."
)
@click.option("--timerange", help="Time range of the candles, in Freqtrade's format; by default all candles.")
@click.option(
    "--candles",
    envvar="ROBUSTOP_DATA",
    show_envvar=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder with real 5m candles (futures in its subfolder futures); by default the embedded market of six pairs.",
)
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The JSON file.  [default: benchmarks/latest.json; with --only, user_data/bench/latest.json]",
)
def main(
    only: tuple[str, ...], days: int, timerange: str | None, candles: Path | None, output: Path | None, **amounts: Any
) -> None:
    """Time robustop and what it is compared with in alternating rounds, and count the trades of both.

    backtest: Freqtrade's loop under its native trailing stop, under robustop's engines, and under the same rules
    in an expert's hand-written code and in documentation style. smart_trail is configured to make exactly the trades
    of the native stop; other stops hold trades for different times, so ratios per candle held are also given.

    modes: CPU seconds of Freqtrade's loop with exact breakeven beside percents, with stops at closes beside stops at
    every price, and with everything on beside the native trailing stop. A round repeats short backtests.

    tuning: epochs of real freqtrade hyperopt processes with robustop's parameter and with the expert's, per CPU
    second from the end of the first epoch to the end of the last, compared within a round; and settings of a sweep of
    the same strategy.

    vectorbt: a percent trailing stop, swept by robustop and by vectorbt's from_signals over the same entries, with
    its default engine and its optional one, on one core; and by robustop on all cores.

    live: the loop of a dry-run bot with many positions that all make new highs, and its commits, beside the same rules
    written by hand.

    unprotected: for how long a live bot's positions have no stop on the exchange, after the entry and at each move of
    the order, beside Freqtrade's own.

    many_stops: the loop of a live bot with a hundred positions whose stops rest on the exchange, its commits, and what
    robustop itself writes to the database.

    gate: the stop orders that robustop sends, as a part of one order per new best price, on all 1m candles.

    whole_sweep: processes of robustop sweep on all cores: the first with no compiled code, later ones; and the memory
    of 1,000 settings without --jobs, which is the sum of the proportional set sizes of all processes (Linux).

    verification: the sweep's trades compared with Freqtrade's own, spot and futures, trade by trade.

    The parts unprotected, many_stops and gate are measured only if named, and by live_stops.py; figures of them that
    the file has already are kept.

    Machines are noisy: compare ratios, not seconds.

    Exit status 0: measured. 1: entries, epochs, stops or trades that should be equal differ, so that the ratios are
    meaningless.
    """
    chosen = [name for name in PARTS if (name in only if only else name not in APART)]
    if "vectorbt" in chosen and importlib.util.find_spec("vectorbt") is None:
        raise click.UsageError(INSTALL_BENCH)
    if candles is None:
        candles, title = WORK / "market", f"{days} days of the embedded market"
        markets = write_market(candles, days=days)
    else:
        candles, title = candles.resolve(), timerange or "all candles"
        markets = markets_in(candles)
    spot = [market for market in markets if not market.settle]
    with ground_of(spot, candles, WORK, timerange) as ground:
        found, seconds = measured(chosen, Place(ground, tuple(markets), WORK), Amounts(**amounts))
    figures = {
        "title": f"{title}, {len(spot)} pairs, 5m; medians of {amounts['rounds']} rounds in turns",
        **{key: value for name in chosen for key, value in PARTS[name].headlines(found[name]).items()},
        "commit": commit(),
        "part_seconds": seconds,
        **machine(),
        **found,
    }
    target = output or (WORK / "latest.json" if only else LATEST)
    figures = {**figures, **kept_apart(target, chosen)}
    target.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    print_report(figures)
    sys.exit(0 if all(PARTS[name].is_sound(found[name]) for name in chosen) else 1)


def kept_apart(file: Path, chosen: list[str]) -> dict[str, Any]:
    """Return the figures in a file of the parts that are measured apart, and not this time."""
    kept = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    names = [name for name in APART if name in kept and name not in chosen]
    headlines = {key: value for name in names for key, value in PARTS[name].headlines(kept[name]).items()}
    apart = {name: machine for name, machine in kept.get("measured_apart", {}).items() if name in names}
    return {**headlines, **{name: kept[name] for name in names}, **({"measured_apart": apart} if apart else {})}


def markets_in(candles: Path) -> list[Market]:
    """Return the markets of a folder, at least one of them spot."""
    try:
        markets = markets_of(candles, "5m")
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    if all(market.settle for market in markets):
        raise click.UsageError(f"{candles} holds no spot candles of 5m, only futures")
    return markets


def measured(chosen: list[str], place: Place, amounts: Amounts) -> tuple[dict[str, Any], dict[str, float]]:
    """Return the figures of each part, and its duration in seconds."""
    found, seconds = {}, {}
    for name in chosen:
        started = time.perf_counter()
        found[name] = PARTS[name].measure(place, amounts)
        seconds[name] = time.perf_counter() - started
        click.echo(f"{name}: done in {seconds[name]:.0f} s", err=True)
    return found, seconds


if __name__ == "__main__":
    main()
