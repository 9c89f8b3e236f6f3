"""What went wrong and was survived: counted, and told to the person where there is a channel."""

from contextlib import suppress
from dataclasses import dataclass
from typing import Any


@dataclass
class ErrorReporter:
    """Counts errors and sends a message for each.

    Attributes:
        dp: the host's data provider, which sends messages (once per candle and text).
        silent: in a backtest nobody listens.
        failures: errors so far.
    """

    dp: Any
    silent: bool
    failures: int = 0

    def report_error(self, pair: str, text: str) -> None:
        """Count one error and tell of it."""
        self.failures += 1
        if not self.silent:
            with suppress(Exception):
                self.dp.send_msg(f"robustop: {pair}: {text}; the stop in force stays")

    def notify(self, text: str) -> None:
        """Tell of what is no error."""
        if not self.silent:
            with suppress(Exception):
                self.dp.send_msg(f"robustop: {text}")
