"""What breaks on purpose, and the candles to break it on."""

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
"""The entry is 100 and the stop 98; then come breakeven at 100.15, 102 and 104, and the exit there."""


def refuse(*args: Any, **kwargs: Any) -> Any:
    """Fail, whatever is asked."""
    raise RuntimeError("broken on purpose")


class Watched(Hand):
    """Keeps the stop after every candle, and knows which candle it is."""

    seen: list[float]
    candle = 0

    def bot_start(self, **kwargs: Any) -> None:
        """Start with nothing seen."""
        self.seen = []

    def bot_loop_start(self, current_time: Any, **kwargs: Any) -> None:
        """Count the candles from that of the entry on."""
        self.candle = (current_time - at(0)) // STEP

    def should_exit(self, trade: LocalTrade, *args: Any, **kwargs: Any) -> list[Any]:
        """Look once the host has made up its mind."""
        exits = super().should_exit(trade, *args, **kwargs)
        self.seen.append(trade.stop_loss)
        return exits

    def breaks_from(self, candle: int, works: Callable[..., Any]) -> Callable[..., Any]:
        """Return `works` that fails from a candle on."""

        def asked(*args: Any, **kwargs: Any) -> Any:
            return works(*args, **kwargs) if self.candle < candle else refuse()

        return asked


class FullDisk:
    """A sink that takes nothing."""

    def write(self, record: Any) -> None:
        """Refuse."""
        raise OSError(28, "No space left on device")

    def flush(self) -> None:
        """Refuse."""
        raise OSError(28, "No space left on device")
