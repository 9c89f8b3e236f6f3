"""The parts of the benchmark that concern stops on the exchange, alone: `python benchmarks/live_stops.py --help`."""

import json
import sys
from pathlib import Path
from typing import Any

import click
from ground import Ground
from many_stops import measure_many_stops
from parts import APART, PARTS, Amounts, Place
from provenance import commit, machine
from stops import ROOT
from stops_table import markdown_of_stops

WORK = ROOT / "user_data" / "bench"
EPILOG = """
\b
Examples:
  python benchmarks/live_stops.py
  python benchmarks/live_stops.py --only unprotected --rounds 5
  python benchmarks/live_stops.py --into benchmarks/latest.json
  python benchmarks/live_stops.py --only many_stops --profiles user_data/bench
"""


@click.command(epilog=EPILOG)
@click.option("--only", multiple=True, type=click.Choice(APART), help="Part to measure; may be given more than once.")
@click.option("--rounds", default=3, show_default=True, type=click.IntRange(min=1), help="Number of rounds.")
@click.option("--lives", default=6, show_default=True, type=click.IntRange(min=1), help="Positions in a round.")
@click.option(
    "--positions", default=100, show_default=True, type=click.IntRange(2, 100), help="Positions held at once."
)
@click.option("--loops", default=8, show_default=True, type=click.IntRange(min=1), help="Loops in each market.")
@click.option(
    "--candles",
    envvar="ROBUSTOP_DATA",
    show_envvar=True,
    default=WORK,
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder with 1m candles, on which the orders of the gate are counted; without any they are not.",
)
@click.option(
    "--profiles",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Write the profile of each bot with many positions into this folder, and measure nothing.",
)
@click.option(
    "--into",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Replace the figures of these parts in this JSON file, and leave all others.",
)
def main(
    only: tuple[str, ...], rounds: int, candles: Path, profiles: Path | None, into: Path | None, **amounts: int
) -> None:
    """Compare live bots whose stop orders rest on a loopback exchange with Freqtrade's own.

    unprotected: for how long a position has no stop order, after its entry and at each move of the order.

    many_stops: CPU of a loop with a hundred positions, commits, and what robustop itself writes to the database.

    gate: the stop orders that robustop sends, as a part of one order per new best price, on 1m candles.

    Exit status 0: measured. 1: the bots had different stops, or the gate changed an exit.
    """
    chosen = [name for name in APART if not only or name in only]
    WORK.mkdir(parents=True, exist_ok=True)
    if profiles is not None:
        measure_many_stops(WORK, amounts["positions"], amounts["loops"], profiles)
        return
    ground = Ground(candles, (), WORK, WORK / "overlay.json", None)
    # Of the other parts' amounts none is used.
    measured = Amounts(rounds, 0.0, 0, 0, 0, 0, compiling=False, **amounts)
    found = {name: PARTS[name].measure(Place(ground, (), WORK), measured) for name in chosen}
    headlines = {key: value for name in chosen for key, value in PARTS[name].headlines(found[name]).items()}
    print(markdown_of_stops(found))
    click.echo("\n".join(f"{name}: {value:.3g}" for name, value in headlines.items()))
    if into is not None:
        keep(into, headlines, found)
    sys.exit(0 if all(PARTS[name].is_sound(found[name]) for name in chosen) else 1)


def keep(file: Path, headlines: dict[str, float], found: dict[str, Any]) -> None:
    """Replace the figures of some parts in a file, each with the commit and the machine that it was measured on."""
    kept = json.loads(file.read_text(encoding="utf-8"))
    apart = {**kept.get("measured_apart", {}), **{name: {"commit": commit(), **machine()} for name in found}}
    figures = {**kept, **headlines, **found, "measured_apart": apart}
    file.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
