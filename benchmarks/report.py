"""The printed report: the table of the backtests, the table of the README, and notes on the sweep."""

from collections.abc import Mapping
from typing import Any

from backtest_report import print_backtest
from rich.console import Console
from stops_table import markdown_of_stops
from summary import markdown

WIDTH = 120


def print_report(figures: Mapping[str, Any]) -> None:
    """Print the report."""
    console = Console(width=WIDTH)
    if "backtest" in figures:
        print_backtest(console, figures["title"], figures["backtest"])
    console.print(figures["title"], highlight=False)
    # Not by the console, which would wrap lines: the table is meant to be copied.
    print(markdown(figures))
    print(markdown_of_stops(figures))
    if "modes" in figures:
        same = all(found["same_entries"] for found in figures["modes"].values())
        console.print(
            f"Each pair of modes holds {'the same entries' if same else 'DIFFERENT ENTRIES: compare nothing'}."
        )
    if "tuning" in figures:
        _print_tuning(console, figures["tuning"])
    if "vectorbt" in figures:
        _print_vectorbt(console, figures["vectorbt"])


def _print_tuning(console: Console, found: Mapping[str, Any]) -> None:
    epochs = "the same epochs" if found["same_epochs"] else "DIFFERENT EPOCHS: their times cannot be compared"
    console.print(f"hyperopt with robustop and with the expert's strategy tried {epochs}, with as many trades in each.")
    before, command = found["sweep"]["preparation_seconds"], found["command_line"]
    console.print(
        f"Once before a sweep: {before['candles_and_indicators']:.1f} s for candles and indicators, "
        f"{before['replay']:.1f} s for the replay."
    )
    console.print(
        f"The process of robustop sweep: {command['settings']} settings in {command['process_seconds']:.1f} s, the "
        f"first after {command['seconds_before_the_first']:.1f} s, then {command['settings_per_second']:.0f} a second."
    )
    if "compiling" in found:
        console.print(
            f"With nothing compiled yet, the first after {found['compiling']['seconds_before_the_first']:.1f} s."
        )


def _print_vectorbt(console: Console, found: Mapping[str, Any]) -> None:
    for key in ("vectorbt", "vectorbt_rust"):
        if key in found:
            console.print(f"Its engine {found[key]['engine']} was fastest with {found[key]['width']} stops at once.")
    console.print(
        f"{len(found['vectorbt_forms'])} ways of vectorbt were tried. It moves a stop after a candle, Freqtrade within "
        "it, and it knows no price grid: the entries are the same, the exits are not."
    )
