"""Settings that are valid but not available yet in this release: rejected by name, never ignored."""

from collections.abc import Iterator
from typing import Any

from robustop_plugin.settings.blocks import Metrics, RobustopBlock
from robustop_plugin.settings.describe import shown


def unsupported(block: RobustopBlock, name: str = "robustop") -> Iterator[str]:
    """Yield one sentence per setting that would have no effect, with what to do."""
    wanted: dict[str, tuple[Any, Any]] = {
        "metrics.enabled": ((block.metrics or Metrics()).enabled, False),
    }
    for key, (value, off) in wanted.items():
        if value != off:
            yield f"{name}.{key} was {shown(value)}: not available yet in this release: leave it off ({off!r})."
