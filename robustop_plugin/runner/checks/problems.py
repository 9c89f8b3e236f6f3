"""What would keep the bot from starting, or the stops from acting: the rules of the start itself."""

from collections.abc import Iterator
from typing import Any

from freqtrade.enums import RunMode
from freqtrade.strategy import IStrategy
from pydantic import ValidationError

from robustop_plugin.bridge.exit_requests.council import unknown_producers
from robustop_plugin.bridge.metrics.exporter import metrics_conflicts
from robustop_plugin.bridge.startup.exchange_stops import exchange_stop_conflicts
from robustop_plugin.core.errors import InvalidSettings
from robustop_plugin.settings import RobustopBlock, Settings, load_settings
from robustop_plugin.settings.describe import describe_all

NAME = "robustop"


def conflicts(strategy: IStrategy, settings: Settings) -> Iterator[str]:
    """Yield one sentence for each conflict under the run mode of the strategy's configuration."""
    yield from exchange_stop_conflicts(strategy, settings)
    yield from unknown_producers(settings, strategy.config)
    yield from metrics_conflicts(settings)


def conflicts_by_mode(strategy: IStrategy, settings: Settings) -> tuple[list[str], list[str]]:
    """Return the conflicts of the configuration as it is, and those that only a live bot would have."""
    config, before = strategy.config, strategy.config.get("runmode")
    found = {}
    try:
        for mode in (RunMode.DRY_RUN, RunMode.LIVE):
            config["runmode"] = mode
            found[mode] = list(conflicts(strategy, settings))
    finally:
        config["runmode"] = before
    dry, live = found[RunMode.DRY_RUN], found[RunMode.LIVE]
    if not config.get("dry_run", True):
        return live, []
    return dry, [sentence for sentence in live if sentence not in dry]


def settings_of(strategy: Any, config: dict[str, Any]) -> tuple[Settings | None, list[str]]:
    """Return the settings of a strategy class or instance, or None and each invalid setting."""
    given = config.get("robustop")
    try:
        return load_settings(getattr(strategy, "robustop", {}), given), []
    except InvalidSettings as error:
        return None, _every_error(error)


def _every_error(error: InvalidSettings) -> list[str]:
    """Return all errors of a block; the message of the exception is the first of them."""
    cause = error.__cause__
    if isinstance(cause, ValidationError) and not str(error).startswith(f"{NAME}.pairs."):
        return describe_all(cause, NAME, RobustopBlock, more_keys=("pairs",))
    return [str(error)]
