"""What the settings know, and this release cannot do in Freqtrade yet: refused by name, never ignored."""

from collections.abc import Iterator
from typing import Any

from robustop_plugin.settings.blocks import Metrics, RobustopBlock
from robustop_plugin.settings.describe import shown


def unsupported(block: RobustopBlock, name: str = "robustop") -> Iterator[str]:
    """Yield one sentence for each setting that would be without effect, with what to do."""
    wanted: dict[str, tuple[Any, Any]] = {
        "mode": (block.mode, "live"),
        "canary": (block.canary, 1.0),
        "breaker": (block.breaker, None),
        "metrics.enabled": ((block.metrics or Metrics()).enabled, False),
    }
    for key, (value, off) in wanted.items():
        if value != off:
            yield f"{name}.{key} was {shown(value)}: not available yet in this release: leave it off ({off!r})."
