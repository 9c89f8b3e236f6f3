"""Options that name a strategy and its configuration, as Freqtrade's commands do; shared by several commands."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

Option = Callable[..., Any]


def config_option(without: str = "") -> Option:
    """Return the option that names configuration files; `without` says what happens if there is none."""
    return click.option(
        "-c",
        "--config",
        "configs",
        multiple=True,
        type=click.Path(path_type=Path),
        help="Freqtrade configuration; may be given more than once, later files override earlier ones.  "
        f"[default: user_data/config.json or config.json, as in Freqtrade{without}]",
    )


USERDIR = click.option("--userdir", type=click.Path(path_type=Path), help="Freqtrade's user data folder.")
STRATEGY = click.option("-s", "--strategy", help="Name of the strategy class.  [default: that of the configuration]")
STRATEGY_PATH = click.option(
    "--strategy-path",
    type=click.Path(path_type=Path),
    help="Folder with the strategy file, if not user_data/strategies.",
)


def with_all(options: list[Option]) -> Callable[[Option], Option]:
    """Return a decorator that adds options to a command, in order."""

    def add(command: Option) -> Option:
        for option in reversed(options):
            command = option(command)
        return command

    return add
