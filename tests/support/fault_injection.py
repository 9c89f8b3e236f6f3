"""Components that fail on purpose, and the candles to run them on."""

from collections.abc import Callable
from typing import Any

from freqtrade.persistence import LocalTrade

from tests.support.hand_candles import STEP, Candle, Hand, at

UP: list[Candle] = [
    (100.0, 101.9, 99.5, 101.5),
    (102.8, 104.5, 102.6, 104.4),
    (104.4, 106.4, 104.2, 106.3),
    (106.3, 106.4, 103.0, 103.1),
    (103.0,) * 4,
]
"""Candles after an entry at 100 with the stop at 98: breakeven at 100.15, then 102 and 104, and an exit there."""


def refuse(*args: Any, **kwargs: Any) -> Any:
    """Raise, whatever the arguments."""
    raise RuntimeError("broken on purpose")


class Watched(Hand):
    """Records the stop after every candle, and counts candles."""

    seen: list[float]
    candle = 0

    def bot_start(self, **kwargs: Any) -> None:
        """Start with nothing recorded."""
        self.seen = []

    def bot_loop_start(self, current_time: Any, **kwargs: Any) -> None:
        """Count candles, starting with the entry's."""
        self.candle = (current_time - at(0)) // STEP

    def should_exit(self, trade: LocalTrade, *args: Any, **kwargs: Any) -> list[Any]:
        """Record the stop after Freqtrade's decision."""
        exits = super().should_exit(trade, *args, **kwargs)
        self.seen.append(trade.stop_loss)
        return exits

    def breaks_from(self, candle: int, works: Callable[..., Any]) -> Callable[..., Any]:
        """Return `works`, failing from this candle on."""

        def asked(*args: Any, **kwargs: Any) -> Any:
            return works(*args, **kwargs) if self.candle < candle else refuse()

        return asked


class FullDisk:
    """A sink that rejects everything."""

    def write(self, record: Any) -> None:
        """Raise."""
        raise OSError(28, "No space left on device")

    def flush(self) -> None:
        """Raise."""
        raise OSError(28, "No space left on device")
