"""Reads a configuration as Freqtrade does: from files, add_config_files and the environment."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from freqtrade.configuration import Configuration
from freqtrade.configuration.environment_vars import environment_vars_to_dict
from freqtrade.configuration.load_config import load_config_file
from freqtrade.enums import CandleType, MarginMode, RunMode, TradingMode
from freqtrade.exceptions import FreqtradeException

from robustop_plugin.core.errors import InvalidSettings
from robustop_plugin.runner.checks.finding import one_line
from robustop_plugin.runner.checks.request import Request
from robustop_plugin.runner.run import quiet_log

MOST_NESTED_FILES = 6
"""Freqtrade refuses a deeper chain of add_config_files."""

ENVIRONMENT = "environment variable FREQTRADE__"


class Layer(NamedTuple):
    """A source of the configuration: a file, or the environment.

    Attributes:
        name: The file, or how its variables begin.
        content: What it says.
    """

    name: str
    content: dict[str, Any]


@contextmanager
def read_configuration(request: Request, strategy: str | None = None) -> Iterator[dict[str, Any]]:
    """Yield the configuration of a request; no exchange is contacted and no folder is made.

    Raises:
        InvalidSettings: Freqtrade's reason why it cannot be read.
    """
    with TemporaryDirectory() as empty:
        userdir = request.userdir or Path("user_data")
        if request.userdir is None and not userdir.is_dir():
            userdir = Path(empty)
        with quiet_log():
            try:
                arguments = request.arguments(userdir, strategy)
                config = Configuration(arguments, RunMode.UTIL_NO_EXCHANGE).get_config()
            except FreqtradeException as error:
                raise InvalidSettings(one_line(error)) from error
            except (OSError, ValueError, TypeError, AttributeError, KeyError) as error:
                raise InvalidSettings(f"the configuration cannot be read: {one_line(error)}") from error
        yield config


def is_futures(config: dict[str, Any]) -> bool:
    """Return True if a configuration is for futures."""
    return bool(config.get("trading_mode", TradingMode.SPOT) != TradingMode.SPOT)


def with_futures(config: dict[str, Any]) -> dict[str, Any]:
    """Return a configuration for futures."""
    futures = {
        "trading_mode": TradingMode.FUTURES,
        "margin_mode": MarginMode.ISOLATED,
        "candle_type_def": CandleType.FUTURES,
    }
    return {**deepcopy(config), **futures}


def layers(configs: Sequence[Path]) -> list[Layer]:
    """Return the sources of a configuration; later ones override earlier ones."""
    with quiet_log():
        files = [layer for config in configs for layer in _file_layers(config)]
        return [*files, Layer(ENVIRONMENT, environment_vars_to_dict())]


def _file_layers(path: Path, depth: int = 0) -> Iterator[Layer]:
    content = load_config_file(str(path))
    # A file overrides those that it adds, and of those the later override the earlier.
    for name in content.get("add_config_files", []) if depth < MOST_NESTED_FILES else []:
        yield from _file_layers(path.resolve().parent / name, depth + 1)
    yield Layer(str(path), content)
