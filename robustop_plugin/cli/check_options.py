"""The options of `robustop check`, and its examples."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

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
    click.option(
        "-c",
        "--config",
        "configs",
        multiple=True,
        type=click.Path(path_type=Path),
        help="Freqtrade configuration; may be given more than once, later files override earlier ones.  "
        "[default: user_data/config.json or config.json, as in Freqtrade; without either, none]",
    ),
    click.option("--userdir", type=click.Path(path_type=Path), help="Freqtrade's user data folder."),
    click.option("-s", "--strategy", help="Name of the strategy class.  [default: that of the configuration]"),
    click.option("--strategy-list", multiple=True, metavar="NAME...", help="Names of several strategy classes."),
    click.option(
        "--strategy-path",
        type=click.Path(path_type=Path),
        help="Folder with the strategy file, if not user_data/strategies.",
    ),
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


def with_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options to a command, in order."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command
