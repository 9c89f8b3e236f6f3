"""The figures of the backtests as a table."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table
from stops import OFTEN, SELDOM, STOPS

TITLES = {stop.key: stop.title for stop in (*STOPS, SELDOM, OFTEN)}


def print_backtest(console: Console, title: str, figures: Mapping[str, Any]) -> None:
    """Print the table, and notes below it."""
    console.print(table_of(title, figures))
    entries = "the same entries" if figures["same_entries"] else "DIFFERENT ENTRIES: nothing here can be compared"
    console.print(f"The stops hold {entries}. A candle is held if a trade was open in it, its own entry included.")
    alike = "the same trades" if figures["same_trades"] else "DIFFERENT TRADES: their times cannot be compared"
    console.print(f"Freqtrade's trailing stop and smart_trail set up like it make {alike}.")
    for key, found in figures["exits_beside_robustop"].items():
        console.print(
            f"Exits of {key} beside robustop's: of {found['compared']}, {found['in_another_candle']} in another "
            f"candle, {found['at_another_price']} at another price of the same candle (by "
            f"{found['largest_price_difference_percent']:.2g} % at most); {found['crossed_levels']} of them where "
            "robustop left at a crossed level."
        )
    console.print(
        "Why any differ: rounding errors of the plain formulas lift some stops over the host's grid, so that they "
        "land a tick tighter; and a level that the price has crossed is an exit for robustop, no change for them."
    )
    console.print(
        f"One decision in profit, without Freqtrade: {figures['decision_p50_us']:.0f} microseconds, one in a hundred "
        f"takes {figures['decision_p99_us']:.0f} or more."
    )


def table_of(title: str, figures: Mapping[str, Any]) -> Table:
    """Return stops and ratios as one table."""
    table = Table(title=title)
    table.add_column("backtest of")
    for name in (
        "trades",
        "candles held",
        "seconds",
        "CPU seconds",
        "candles per second",
        "seconds per million candles",
    ):
        table.add_column(name, justify="right")
    for key, found in figures["stops"].items():
        table.add_row(
            TITLES[key],
            f"{found['trades']}",
            f"{found['candles']}",
            f"{found['seconds']:.2f}",
            f"{found['cpu_seconds']:.2f}",
            f"{found['candles'] / found['seconds']:,.0f}",
            f"{found['seconds_per_million_candles']:.1f}",
        )
    table.add_section()
    for found in figures["ratios"]:
        table.add_row(
            f"ratio {found['of']} / {found['to']}",
            f"{found['trades']:.2f}",
            f"{found['candles']:.2f}",
            f"{found['seconds']:.2f}",
            f"{found['cpu_seconds']:.2f}",
            "",
            f"{found['seconds_per_million_candles']:.2f}",
        )
    return table
