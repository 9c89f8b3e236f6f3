"""How much time do robustop's stops cost a backtest? Several stops in turns, in one run, on the same entries."""

import json
import sys
from pathlib import Path

import click
from figures import figures_of
from report import print_report
from stops import OFTEN, ROOT, SELDOM, STOPS
from timing import Bench, Run, decision_microseconds, exchange_for

from robustop_plugin.venue.datadir import markets_of
from robustop_plugin.venue.market import Market, write_market

LATEST = ROOT / "benchmarks" / "latest.json"
WORK = ROOT / "user_data" / "bench"
EPILOG = """
\b
Examples:
  python benchmarks/backtest.py
  python benchmarks/backtest.py --rounds 5
  ROBUSTOP_DATA=~/candles python benchmarks/backtest.py --timerange 20240201-20240401
"""


@click.command(epilog=EPILOG)
@click.option("--rounds", default=3, show_default=True, type=click.IntRange(min=1), help="Turns; medians count.")
@click.option("--days", default=60, show_default=True, type=click.IntRange(min=5), help="Of the embedded market.")
@click.option("--timerange", help="Of the candles, as Freqtrade takes it; without it, all there are.")
@click.option(
    "--candles",
    envvar="ROBUSTOP_DATA",
    show_envvar=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of real 5m spot candles; without it, the embedded market of six pairs.",
)
@click.option(
    "--output",
    default=LATEST,
    type=click.Path(dir_okay=False, path_type=Path),
    help="The JSON file.  [default: benchmarks/latest.json]",
)
def main(rounds: int, days: int, timerange: str | None, candles: Path | None, output: Path) -> None:
    """Time stops on the same entries: native, robustop, an expert's hand, documentation style.

    Each round backtests every stop once, in one process, and times nothing but Freqtrade's loop: starting,
    loading candles and computing indicators are left out. Position stacking is on, slots and wallet are
    unlimited, so that no stop's exits decide another's entries. robustop's smart_trail is set up to make the
    very trades of the native trailing stop; other stops hold their trades for different times: the number of
    candles held stands beside each time, and ratios are given both ways.

    Machines are noisy: ratios count, seconds do not.

    Exit status 0: measured. 1: the entries differ, or the trades that should be the same, so that nothing can be
    compared.
    """
    folder = WORK
    if candles is None:
        candles, markets, name = folder / "market", write_market(folder / "market", days=days), f"{days} days"
    else:
        candles, markets, name = candles.resolve(), spot_of(candles), timerange or "all candles"
    with exchange_for(markets, folder) as overlay:
        benches = [Bench(stop, overlay, candles, folder, timerange) for stop in (*STOPS, SELDOM, OFTEN)]
        runs = in_turns(benches, rounds)
    if any(results[0].trades.empty for results in runs.values()):
        raise click.UsageError(f"there was no trade in {name} to measure: take a longer time")
    title = f"{name}, {len(markets)} pairs, 5m; medians of {rounds} rounds in turns"
    figures = {"title": title, **figures_of(runs, decision_microseconds())}
    output.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    print_report(figures)
    sys.exit(0 if figures["same_entries"] and figures["same_trades"] else 1)


def spot_of(candles: Path) -> list[Market]:
    """Return the spot markets of a folder."""
    try:
        markets = [market for market in markets_of(candles, "5m") if not market.settle]
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    if not markets:
        raise click.UsageError(f"{candles} holds no spot candles of 5m, only futures")
    return markets


def in_turns(benches: list[Bench], rounds: int) -> dict[str, list[Run]]:
    """Return the runs of each stop; every round begins with another one."""
    runs: dict[str, list[Run]] = {bench.stop.key: [] for bench in benches}
    for number in range(rounds):
        first = number % len(benches)
        for bench in benches[first:] + benches[:first]:
            run = bench.run()
            runs[bench.stop.key].append(run)
            click.echo(f"round {number + 1} of {rounds}: {bench.stop.key} {run.seconds:.2f} s", err=True)
    return runs


if __name__ == "__main__":
    main()
