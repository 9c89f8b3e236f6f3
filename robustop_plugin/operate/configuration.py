"""Reads a bot's configuration as Freqtrade does, without Freqtrade, which takes seconds to import."""

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from robustop_plugin.core.errors import InvalidSettings
from robustop_plugin.settings import merged

PREFIX = "FREQTRADE__"
NOT_CONVERTED = ("CHAT_ID", "PASSWORD")
"""Environment variables that Freqtrade takes as they are."""
CCXT = ("ccxt_config", "ccxt_sync_config", "ccxt_async_config")
"""Parts of the configuration whose keys Freqtrade leaves in the case of the environment variable."""
DRY_RUN_URL, LIVE_URL = "sqlite:///tradesv3.dryrun.sqlite", "sqlite:///tradesv3.sqlite"
"""Where Freqtrade keeps its trades if nothing else is said."""
MOST_LEVELS = 5
"""How deep configuration files may name others."""


def read_configuration(files: Sequence[Path]) -> dict[str, Any]:
    """Return the configuration of files and the environment; the last file wins, and over it the environment.

    Raises:
        InvalidSettings: a file is missing, or is no JSON.
    """
    return merged(_from_files(files), _from_environment(os.environ))


def url_in(config: Mapping[str, Any]) -> str:
    """Return the URL of the trade database that a bot with a configuration uses."""
    url = config.get("db_url")
    if config.get("dry_run"):
        return str(DRY_RUN_URL if url in (None, LIVE_URL) else url)
    return str(url or LIVE_URL)


def _from_files(files: Iterable[Path], level: int = 0) -> dict[str, Any]:
    if level > MOST_LEVELS:
        raise InvalidSettings("add_config_files: configuration files name each other")
    config: dict[str, Any] = {}
    for file in files:
        given = _from_file(file)
        folder = file.resolve().parent
        named = [folder / str(name) for name in given.get("add_config_files") or ()]
        # A file wins over those that it names.
        config = merged(config, merged(_from_files(named, level + 1), given))
    return config


def _from_file(file: Path) -> dict[str, Any]:
    import rapidjson  # noqa: PLC0415 (only with a configuration, and Freqtrade installs it)

    try:
        with file.open(encoding="utf-8") as opened:
            given = rapidjson.load(opened, parse_mode=rapidjson.PM_COMMENTS | rapidjson.PM_TRAILING_COMMAS)
    except OSError as error:
        raise InvalidSettings(f"{file} was not read: {error.strerror}; see --config") from error
    except ValueError as error:
        raise InvalidSettings(f"{file} was no configuration: {error}") from error
    if not isinstance(given, dict):
        raise InvalidSettings(f"{file} was no configuration: it must be an object in braces")
    return given


def _from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    config: dict[str, Any] = {}
    for name in sorted(environment):
        if name.startswith(PREFIX):
            config = merged(config, _nested(name.replace(PREFIX, "").split("__"), environment[name]))
    return config


def _nested(keys: list[str], text: str) -> dict[str, Any]:
    lowered = [key.lower() for key in keys]
    value: Any = text if keys[-1] in NOT_CONVERTED else _typed(text)
    keeps_case = lowered[0] == "exchange" and any(key in CCXT for key in lowered)
    for index, key in enumerate(reversed(keys)):
        value = {key if keeps_case and index == 0 else key.lower(): value}
    return dict(value)


def _typed(text: str) -> Any:
    """Return what Freqtrade makes of the text of an environment variable."""
    import rapidjson  # noqa: PLC0415 (see above)

    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    if text.lower() in ("t", "true", "f", "false"):
        return text.lower().startswith("t")
    try:
        value = rapidjson.loads(text)
    except ValueError:
        return text
    return value if isinstance(value, list) else text
