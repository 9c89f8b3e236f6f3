"""Finds configuration files as Freqtrade does."""

from collections.abc import Sequence
from pathlib import Path


def default_config(userdir: Path | None) -> Path:
    """Return the configuration that Freqtrade uses by default."""
    of_user = (userdir or Path("user_data")) / "config.json"
    return of_user if of_user.is_file() else Path("config.json")


def found_configs(configs: Sequence[Path], userdir: Path | None) -> tuple[Path, ...]:
    """Return the given configuration files, else Freqtrade's default if it exists, else none."""
    if configs:
        return tuple(configs)
    default = default_config(userdir)
    return (default,) if default.is_file() else ()
