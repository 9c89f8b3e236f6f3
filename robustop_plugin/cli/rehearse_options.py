"""The options of `robustop rehearse`, and its examples."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from robustop_plugin.cli.subject_options import STRATEGY, STRATEGY_PATH, USERDIR, config_option, with_all

MOST_JOBS = 64

EPILOG = """
\b
Examples:
  robustop rehearse --list
  robustop rehearse --strategy MyStrategy --config config.json --scenario flash_crash
  robustop rehearse --strategy MyStrategy --scenario flash_crash --plain
  robustop rehearse --strategy MyStrategy --all --futures --jobs 4 --output rehearsals.json
  robustop rehearse --strategy MyStrategy --scenario my_own_disaster.toml

\b
A scenario of your own is a TOML file; docs/how_to/rehearse_a_disaster.md describes its steps.
"""

OPTIONS: list[Callable[..., Any]] = [
    config_option(),
    USERDIR,
    STRATEGY,
    STRATEGY_PATH,
    click.option(
        "--recursive-strategy-search",
        "recursive",
        is_flag=True,
        help="Search the folders below user_data/strategies too.",
    ),
    click.option(
        "--scenario",
        "scenarios",
        multiple=True,
        metavar="NAME",
        help="A scenario, or the path of a TOML file of your own; may be given more than once.",
    ),
    click.option("--all", "everything", is_flag=True, help="Play every scenario that suits the strategy."),
    click.option("--list", "list_only", is_flag=True, help="List the scenarios and end."),
    click.option("--spot/--futures", "spot", default=None, help="Market.  [default: that of the configuration]"),
    click.option(
        "--side",
        type=click.Choice(["long", "short"]),
        help="Play one side only.  [default: both, where the strategy can short]",
    ),
    click.option(
        "--stop",
        type=click.Choice(["bot", "exchange"]),
        help="Have the bot check the stop, or let it rest on the exchange.  [default: as the strategy says]",
    ),
    click.option(
        "--route",
        default="url",
        show_default=True,
        type=click.Choice(["url", "proxy"]),
        help="Replace Binance's URLs, or keep them behind a proxy: ccxt then knows the errors of each market.",
    ),
    click.option(
        "-j",
        "--jobs",
        default=1,
        show_default=True,
        type=click.IntRange(1, MOST_JOBS),
        help="Number of rehearsals that are played at the same time; mostly they wait.",
    ),
    click.option("--plain", is_flag=True, help="Rehearse the same strategy without robustop."),
    click.option(
        "--keep",
        type=click.Path(file_okay=False, path_type=Path),
        help="Keep the copies, logs and databases in this folder.",
    ),
    click.option(
        "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write the reports to this JSON file."
    ),
    click.option("--json", "as_json", is_flag=True, help="Print the reports as JSON instead of a timeline."),
]


with_options = with_all(OPTIONS)
"""Adds the options to a command."""
