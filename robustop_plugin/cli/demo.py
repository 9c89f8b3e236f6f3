"""`robustop demo`: two backtests on the embedded market, offline."""

import json
import time
from dataclasses import dataclass
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from robustop_plugin.cli.errors import INSTALL_REPORT, refuse
from robustop_plugin.lab.compare import Summary, read_candles, risks, same_entries, summarize
from robustop_plugin.runner.process import BacktestResult, RunFailed, backtest
from robustop_plugin.venue.market import PAIRS, write_market
from robustop_plugin.venue.overlay import offline_overlay
from robustop_plugin.venue.server import Venue

WITHOUT, WITH = "PlainTrend", "HandSpanTrend"
TIMEFRAME = "5m"
WALLET = 1_000_000
"""Enough for every entry, so that exits never affect which entries are taken."""

EPILOG = """
\b
Examples:
  robustop demo                     the table, in about a minute
  robustop demo --seed 11           another market
  robustop demo --json              the numbers for another program
"""


@dataclass(frozen=True)
class DemoRun:
    """The result of the demo.

    Attributes:
        without: Backtest without robustop.
        protected: Backtest with robustop on the same entries.
        datadir: Folder of the candles.
        picture: Path of the picture, or why there is none.
        seconds: Duration.
    """

    without: BacktestResult
    protected: BacktestResult
    datadir: Path
    picture: str
    seconds: float


@click.command("demo", epilog=EPILOG)
@click.option("--days", default=60, show_default=True, type=click.IntRange(20, 365), help="Length of the market.")
@click.option("--seed", default=7, show_default=True, help="Random seed of the market.")
@click.option(
    "--out",
    default=Path("user_data/demo"),
    show_default=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for the market, the results and the audit.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the numbers as JSON instead of a table.")
def demo_command(days: int, seed: int, out: Path, as_json: bool) -> None:
    """Run freqtrade backtesting with and without robustop on the same entries, and compare the exits.

    Everything runs on this machine: robustop writes an embedded market of six pairs, the loopback Binance answers
    Freqtrade's requests, and two real freqtrade processes trade the same entries. Run it in a clone of the
    repository: it uses config.json and strategies/ of the current folder.

    Exit status 0: done. 2: something is missing; the message says what.
    """
    for needed in (Path("config.json"), Path("strategies")):
        if not needed.exists():
            refuse(f"{needed} was not found here: run the demo in a clone of the repository")
    console = Console(stderr=as_json)
    try:
        run = _run(days, seed, out, console)
    except (RunFailed, OSError) as error:
        # Not `refuse`: the end of freqtrade's log has several lines, and all are useful.
        console.print(f"[bold red]error:[/] {error}", highlight=False, soft_wrap=True)
        raise SystemExit(2) from error
    summaries = _summaries(run)
    if as_json:
        click.echo(json.dumps([summary._asdict() for summary in summaries], indent=1))
        return
    console.print(_table(*summaries))
    _print_paths(console, run)


def _run(days: int, seed: int, out: Path, console: Console) -> DemoRun:
    """Write the market and run both backtests, with a progress display."""
    started = time.monotonic()
    datadir = out / "market"
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        task = progress.add_task(f"market of {len(PAIRS)} pairs, {days} days of {TIMEFRAME} candles", total=1)
        markets = write_market(datadir, days=days, seed=seed, timeframe=TIMEFRAME)
        progress.advance(task)
        with Venue(markets).serve() as url:
            overlay = out / "offline.json"
            settings = offline_overlay(url, [market.pair for market in markets])
            room = {"max_open_trades": -1, "dry_run_wallet": WALLET}
            overlay.write_text(json.dumps({**settings, **room}, indent=1))
            results = []
            for strategy in (WITHOUT, WITH):
                task = progress.add_task(f"freqtrade backtesting --strategy {strategy}", total=1)
                # Stacked positions: every entry is taken, whatever happened to earlier trades.
                arguments = ["--strategy-path", "strategies", "--datadir", str(datadir), "--eps"]
                configs = [Path("config.json"), overlay]
                results.append(backtest(strategy, configs, out / strategy, arguments))
                progress.advance(task)
    without, protected = results
    if not same_entries(without, protected):
        raise RunFailed(f"the two runs did not have the same entries; see the logs in {out}")
    picture = draw_picture(protected, datadir, out / "trade.svg")
    return DemoRun(without, protected, datadir, picture, time.monotonic() - started)


def draw_picture(protected: BacktestResult, datadir: Path, path: Path) -> str:
    """Draw one trade; return the path, or why there is no picture (the demo works without)."""
    try:
        # Slow to import, and an optional extra.
        from robustop_plugin.lab.pictures.trade import draw_best_trade  # noqa: PLC0415
    except ImportError:
        return f"none: {INSTALL_REPORT}"
    if not draw_best_trade(protected, datadir, TIMEFRAME, path):
        return "none: no trade had a stop"
    return f"{path}  (one trade and its stop)"


def _summaries(run: DemoRun) -> tuple[Summary, Summary]:
    """Return the summaries of both runs."""
    candles = {pair: read_candles(run.datadir, pair, TIMEFRAME) for pair in {t["pair"] for t in run.without.trades}}
    risk = risks(run.protected.audit)
    return summarize(run.without, risk, candles), summarize(run.protected, risk, candles)


def _table(without: Summary, protected: Summary) -> Table:
    """Return the table that compares both runs."""
    table = Table(title="The same entries, two kinds of exits", title_justify="left")
    table.add_column("")
    table.add_column("without robustop", justify="right")
    table.add_column("with robustop", justify="right")
    rows = (
        ("trades", "{0.trades}"),
        ("profit (USDT)", "{0.profit:,.2f}"),
        ("reached 1R, closed as losers", "{0.lost_winners}"),
        ("average giveback from the best price", "{0.giveback_percent:.2f} %"),
        ("max drawdown (USDT)", "{0.drawdown:,.2f}"),
    )
    for name, form in rows:
        table.add_row(name, form.format(without), form.format(protected))
    return table


def _print_paths(console: Console, run: DemoRun) -> None:
    """Print where the results are, and what to do next."""
    moves = sum(record["action"] == "move" for record in run.protected.audit)
    lines = (
        f"{moves} stop moves are in the audit, each with its reason. Done in {run.seconds:.0f} s.",
        f"results  {run.without.folder}  {run.protected.folder}",
        f"audit    {run.protected.folder}/robustop-audit-*.jsonl",
        f"picture  {run.picture}",
        "next     robustop simulate --help  |  robustop check --help  |  docs/tutorial.md",
    )
    for line in lines:
        console.print(line, highlight=False, markup=False, soft_wrap=True)
