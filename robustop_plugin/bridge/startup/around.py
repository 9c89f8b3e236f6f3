"""Puts around what acts what only decides (shadows), and what only counts (metrics)."""

from typing import Any

from freqtrade.strategy import IStrategy

from robustop_plugin.bridge.startup.metrics import add_metrics
from robustop_plugin.bridge.startup.shadows import add_shadows


def put_around(strategy: Any, mixin: type[IStrategy]) -> None:
    """Put shadows and metrics around what the mixin asks, once all of that is there."""
    add_shadows(strategy, mixin)
    add_metrics(strategy)
