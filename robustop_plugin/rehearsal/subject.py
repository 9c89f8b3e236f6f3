"""What is rehearsed: the user's strategy and configuration, read and never changed."""

from copy import deepcopy
from pathlib import Path
from typing import Any, NamedTuple

from robustop_plugin.core.errors import InvalidSettings
from robustop_plugin.rehearsal.scenario import Kind, StopPlace
from robustop_plugin.runner.checks.configuration import is_futures, layers, read_configuration, with_futures
from robustop_plugin.runner.checks.loading import FoundClass, NotLoaded, find_class, load_class
from robustop_plugin.runner.checks.request import Request

ORDER_TYPES = {"entry": "limit", "exit": "limit", "stoploss": "limit", "stoploss_on_exchange": False}
"""Freqtrade's own defaults."""


class Subject(NamedTuple):
    """A strategy and its configuration.

    Attributes:
        strategy: name of the strategy class.
        file: its file.
        is_protected: True if the class has robustop's mixin.
        can_short: True if it trades short, too.
        timeframe: its timeframe.
        order_types: its order types, the configuration's included.
        futures: True if the configuration is for futures.
        config: the configuration as the user's files and environment say it, merged.
    """

    strategy: str
    file: Path
    is_protected: bool
    can_short: bool
    timeframe: str
    order_types: dict[str, Any]
    futures: bool
    config: dict[str, Any]

    @property
    def stop(self) -> StopPlace:
        """Where its stop is."""
        return "exchange" if self.order_types["stoploss_on_exchange"] else "bot"

    def kinds(self, *, futures: bool) -> list[Kind]:
        """Return the markets and sides that the strategy can trade."""
        if not futures:
            return ["spot long"]
        return ["futures long", "futures short"] if self.can_short else ["futures long"]


def read_subject(request: Request, strategy: str | None) -> Subject:
    """Return the strategy and the configuration of a request.

    Raises:
        InvalidSettings: Freqtrade cannot read the configuration or find the strategy.
    """
    with read_configuration(request, strategy) as config:
        name = config.get("strategy")
        if not name:
            raise InvalidSettings("no strategy was named: use --strategy")
        found = _loaded(config, str(name))
        merged: dict[str, Any] = {}
        for layer in layers(request.configs):
            merged = merge(merged, layer.content)
        cls = found.strategy
        timeframe = merged.get("timeframe") or getattr(cls, "timeframe", None) or "5m"
        types = {**ORDER_TYPES, **getattr(cls, "order_types", {}), **merged.get("order_types", {})}
        shorts = getattr(cls, "can_short", False) is True
        path = Path(cls.__file__).absolute()
        return Subject(str(name), path, found.is_protected, shorts, timeframe, types, is_futures(config), merged)


def _loaded(config: dict[str, Any], name: str) -> FoundClass:
    """Return the class of a strategy, once Freqtrade has loaded it: a bot that cannot start is no rehearsal."""
    try:
        found = find_class(config)
        load_class(found, config)
    except NotLoaded as error:
        if "Short strategies cannot run in spot markets" in str(error) and not is_futures(config):
            return _loaded(with_futures(config), name)
        raise InvalidSettings(f"Freqtrade cannot load {name}: {error}") from error
    return found


def merge(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """Return a configuration of which the keys of `above` override those of `below`, block by block."""
    merged = deepcopy(below)
    for key, value in above.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = merge(merged[key], value) if both else deepcopy(value)
    return merged
