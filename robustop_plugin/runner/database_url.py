"""Finds the trade database of a configuration, as Freqtrade does."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from freqtrade.configuration import Configuration
from freqtrade.constants import DEFAULT_DB_DRYRUN_URL, DEFAULT_DB_PROD_URL
from freqtrade.enums import RunMode
from freqtrade.exceptions import FreqtradeException

from robustop_plugin.core.errors import InvalidSettings


def database_url(configs: Sequence[Path]) -> str:
    """Return the database URL of a configuration and the environment; no exchange is contacted.

    Raises:
        InvalidSettings: The configuration cannot be loaded.
    """
    logging.disable(logging.WARNING)
    try:
        loaded = Configuration({"config": [str(config) for config in configs]}, RunMode.UTIL_NO_EXCHANGE)
        config = loaded.get_config()
    except FreqtradeException as error:
        raise InvalidSettings(str(error)) from error
    finally:
        logging.disable(logging.NOTSET)
    return url_of(config)


def url_of(config: Mapping[str, Any]) -> str:
    """Return the database URL that a bot with a configuration would use."""
    url = config.get("db_url")
    if config.get("dry_run"):
        return str(DEFAULT_DB_DRYRUN_URL if url in (None, DEFAULT_DB_PROD_URL) else url)
    return str(url or DEFAULT_DB_PROD_URL)
