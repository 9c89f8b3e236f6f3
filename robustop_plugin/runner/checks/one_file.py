"""Checks all strategies of one file."""

from pathlib import Path
from typing import Any

from freqtrade.resolvers import StrategyResolver

from robustop_plugin.runner.check import check_class
from robustop_plugin.runner.checks.configuration import read_configuration
from robustop_plugin.runner.checks.finding import UNLOADABLE, Finding, Report
from robustop_plugin.runner.checks.loading import FoundClass, NotLoaded, guarded
from robustop_plugin.runner.checks.request import Request


def check_file(request: Request, path: Path) -> list[Report]:
    """Return a report for each strategy of a file; none if the file has no strategy.

    Raises:
        InvalidSettings: The configuration cannot be read.
    """
    request = request._replace(strategy_path=path.parent, any_trading_mode=True)
    with read_configuration(request) as config:
        try:
            text, classes = _classes_in(path)
        except NotLoaded as error:
            return [Report("", str(path), [Finding("strategy", UNLOADABLE, str(error))])]
        return [_check(request, config, found, text) for found in classes]


def _check(request: Request, config: dict[str, Any], found: FoundClass, text: str) -> Report:
    name = found.strategy.__name__
    if f"class {name}(" not in text:
        # Freqtrade looks for this text before it imports a file.
        reason = f"Freqtrade finds the class only if the file says class {name}( with nothing between"
        return Report(name, str(found.path), [Finding("strategy", UNLOADABLE, reason)])
    return check_class(request, {**config, "strategy": name}, name, found)


def _classes_in(path: Path) -> tuple[str, list[FoundClass]]:
    """Return the text of a file, and its strategy classes.

    Raises:
        NotLoaded: The file cannot be imported.
    """
    with guarded() as warnings:
        text = path.read_text(encoding="utf-8")
        objects = [found for found, _ in StrategyResolver._get_valid_object(path, None)]  # noqa: SLF001 (as it searches)
    if not objects and warnings:
        raise NotLoaded("; ".join(warnings))
    for found in objects:
        found.__file__ = str(path)
    return text, [FoundClass(found, path) for found in objects]
