"""Counts errors that robustop survived, and sends them as messages through Freqtrade."""

from contextlib import suppress
from dataclasses import dataclass
from typing import Any


@dataclass
class ErrorReporter:
    """Counts errors and sends a message for each.

    Attributes:
        dp: Freqtrade's data provider, which sends each message text once per candle.
        silent: True to send no messages, as in a backtest.
        failures: Number of errors so far.
    """

    dp: Any
    silent: bool
    failures: int = 0

    def report_error(self, pair: str, text: str) -> None:
        """Count an error and send a message about it."""
        self.failures += 1
        if not self.silent:
            with suppress(Exception):
                self.dp.send_msg(f"robustop: {pair}: {text}; the stop in force stays")

    def notify(self, text: str) -> None:
        """Send a message that is not an error."""
        if not self.silent:
            with suppress(Exception):
                self.dp.send_msg(f"robustop: {text}")
