"""The trade database of a command: its options, and how it is opened."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import sqlalchemy as sa

from robustop_plugin.audit.trade_database import DatabaseUnreadable, open_database
from robustop_plugin.cli.errors import refuse
from robustop_plugin.core.errors import InvalidSettings

if TYPE_CHECKING:
    from robustop_plugin.operate.bot_api import BotApi

CONFIG = Path("config.json")

DB_URL = click.option("--db-url", help="URL of the trade database, such as sqlite:///tradesv3.sqlite.")
CONFIGS = click.option(
    "-c",
    "--config",
    "configs",
    multiple=True,
    type=click.Path(path_type=Path),
    help=f"Freqtrade configuration with the database URL; may be given more than once.  [default: {CONFIG}]",
)


def with_database(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options `--db-url` and `--config` to a command."""
    return DB_URL(CONFIGS(command))


def open_engine(db_url: str | None, configs: tuple[Path, ...]) -> sa.Engine:
    """Return the engine of the chosen trade database; end the command if there is none."""
    try:
        return open_database(db_url or _url_in(configs or (CONFIG,)))
    except (DatabaseUnreadable, InvalidSettings) as error:
        refuse(str(error))


def open_to_look(db_url: str | None, configs: tuple[Path, ...]) -> tuple[sa.Engine, "BotApi | None"]:
    """Return an engine that only reads the chosen trade database, and the bot's API if a configuration has one.

    Freqtrade is not loaded, so that a look takes no time. The command ends if there is no database.
    """
    # What only writes, such as the kill switch, starts without these.
    from robustop_plugin.operate.bot_api import api_in  # noqa: PLC0415
    from robustop_plugin.operate.configuration import read_configuration, url_in  # noqa: PLC0415
    from robustop_plugin.operate.database import open_for_reading  # noqa: PLC0415

    config = {}
    if configs or db_url is None:
        try:
            config = read_configuration(configs or (CONFIG,))
        except InvalidSettings as error:
            refuse(str(error))
    try:
        return open_for_reading(db_url or url_in(config)), api_in(config)
    except DatabaseUnreadable as error:
        refuse(str(error))


def _url_in(configs: tuple[Path, ...]) -> str:
    for path in configs:
        if not path.exists():
            refuse(f"{path} was not found: see --db-url and --config")
    # Loading Freqtrade takes seconds: skip it for --help and if the URL is given.
    from robustop_plugin.runner.database_url import database_url  # noqa: PLC0415

    return database_url(configs)


def options_as_given(db_url: str | None, configs: tuple[Path, ...]) -> str:
    """Return the options that select the same database, as command-line text."""
    if db_url is not None:
        return f" --db-url {sa.make_url(db_url).render_as_string(hide_password=True)}"
    return "".join(f" --config {config}" for config in configs)
