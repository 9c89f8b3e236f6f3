"""The options of `robustop check`, and its examples."""

from collections.abc import Callable
from typing import Any

import click

from robustop_plugin.cli.subject_options import STRATEGY, STRATEGY_PATH, USERDIR, config_option, with_all

SECONDS = 60
JOBS = 2

EPILOG = """
\b
Examples:
  robustop check --strategy MyStrategy
  robustop check --config config.json --strategy HandSpanTrend --strategy-path strategies
  robustop check --strategy-list MyStrategy AnotherStrategy --userdir user_data
  robustop check --all --strategy-path user_data/strategies
"""

OPTIONS: list[Callable[..., Any]] = [
    config_option("; without either, none"),
    USERDIR,
    STRATEGY,
    click.option("--strategy-list", multiple=True, metavar="NAME...", help="Names of several strategy classes."),
    STRATEGY_PATH,
    click.option(
        "--recursive-strategy-search",
        "recursive",
        is_flag=True,
        help="Search the folders below user_data/strategies too; with --all, those below --strategy-path.",
    ),
    click.option("--all", "everything", is_flag=True, help="Check every strategy in the folder."),
    click.option(
        "--seconds",
        default=SECONDS,
        show_default=True,
        type=click.IntRange(1),
        help="With --all: the longest time for a file.",
    ),
    click.option(
        "-j",
        "--jobs",
        default=JOBS,
        show_default=True,
        type=click.IntRange(1),
        help="With --all: number of processes.",
    ),
    click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON instead of a table."),
]


with_options = with_all(OPTIONS)
"""Adds the options to a command."""
