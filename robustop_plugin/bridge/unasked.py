"""Notices at run time that `custom_exit` did not reach the mixin: the code mentioned `super`, this path did not."""

import logging
from datetime import datetime

logger = logging.getLogger(__name__)


class Unasked:
    """Remembers who was asked last, and complains once."""

    def __init__(self) -> None:
        """Start with nobody asked."""
        self._asked: tuple[int, datetime] | None = None
        self._told = False

    def asked(self, trade_id: int, now: datetime) -> None:
        """Note that the mixin was asked for an exit."""
        self._asked = (trade_id, now)

    def notice(self, trade_id: int, pair: str, now: datetime) -> None:
        """Say once that the mixin was not asked for the exit of a trade: a crossed level would not be exited."""
        if self._told or self._asked == (trade_id, now):
            return
        self._told = True
        logger.error(
            "robustop: custom_exit of the strategy did not reach robustop for %s: exits at a crossed level "
            "are lost; let every path of it return super().custom_exit(...)",
            pair,
        )
