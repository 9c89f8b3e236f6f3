"""The block `metrics`, and the names in the settings that are labels of metrics."""

from collections.abc import Iterable
from typing import Protocol

from pydantic import Field

from robustop_plugin.engines.registry import ENGINES
from robustop_plugin.settings.base import Block

ENGINE_NAMES = tuple(ENGINES)
"""All engines: a level that is remembered keeps its engine, though the settings no longer name it."""


class Metrics(Block):
    """The endpoint for a monitoring system."""

    enabled: bool = False
    host: str = Field(default="127.0.0.1", min_length=1)
    port: int = Field(default=9464, ge=1, le=65535)


class SellsParts(Protocol):
    """What the rungs are read off."""

    @property
    def partials(self) -> list[list[object]]:
        """Pairs of multiple and share."""

    @property
    def portion(self) -> float:
        """The fraction that an engine trails separately; 0 if off."""


def rung_names(blocks: Iterable[SellsParts]) -> tuple[str, ...]:
    """Return a name for each rung of any block, such as `2R`, and `portion` where a portion is trailed."""
    blocks = list(blocks)
    multiples = sorted({float(str(multiple)) for block in blocks for multiple, _ in block.partials})
    names = [f"{multiple!r}".removesuffix(".0") + "R" for multiple in multiples]
    return (*names, "portion") if any(block.portion for block in blocks) else tuple(names)
