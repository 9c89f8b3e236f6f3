"""Sends all messages of a bot through Freqtrade, and counts the errors that robustop survived."""

import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

logger = logging.getLogger(__name__)


class Memory(Protocol):
    """Remembers the keys of messages over restarts."""

    def known(self) -> set[str]:
        """Return the keys of the messages that were sent."""

    def add(self, keys: list[str], now: float) -> None:
        """Remember messages."""


@dataclass
class ErrorReporter:
    """Sends messages, and counts errors.

    A message with a key is sent once, also over restarts. Its key is written with the next loop, when nothing else
    writes to the database.

    Attributes:
        dp: Freqtrade's data provider, which sends each message text once per candle, unless told otherwise.
        silent: True to send no messages, as in a backtest.
        failures: Number of errors so far.
        wants: Returns True if messages about an event of a pair are wanted.
        memory: Returns what remembers keys over restarts; None if that is impossible.
        database_down: True while the trade database fails, and that was said.
    """

    dp: Any
    silent: bool
    failures: int = 0
    wants: Callable[..., bool] = lambda *_: True
    memory: Callable[[], Memory | None] = lambda: None
    database_down: bool = False
    _known: set[str] | None = None
    _unwritten: list[str] = field(default_factory=list)

    def report_error(self, pair: str, text: str) -> None:
        """Count an error and send a message about it."""
        self.failures += 1
        self._send(f"{pair}: {text}; the stop in force stays", "error", pair, always_send=False)

    def notify(self, text: str, event: str | None = "orders", pair: str | None = None) -> None:
        """Send a message about an event that is not an error; one with a key only if it was not sent before.

        Args:
            text: What is said.
            event: The name of the event, as in the setting `notify`; None for what is said about messages that were
                wanted.
            pair: The pair of the trade; None for what concerns the whole bot.
        """
        key = getattr(text, "key", None)
        unwanted = event is not None and not self.wants(event, pair)
        if self.silent or unwanted or (key is not None and self._is_known(key)):
            return
        self._send(text, event, pair, always_send=True)

    def database_failed(self, error: Exception) -> None:
        """Count an error of the trade database, and say so once, whatever the number of trades and loops."""
        self.failures += 1
        if not self.database_down:
            self.database_down = True
            cause = f"{getattr(error, 'orig', None) or error}".strip().splitlines() or [type(error).__name__]
            self.notify(
                f"the trade database fails ({cause[0]}). All stops stay in force and go on moving; entries and partial "
                "exits wait, and what has not been written would be lost if the bot were restarted now",
                "database",
            )

    def database_works(self) -> None:
        """Say that the trade database works again."""
        if self.database_down:
            self.database_down = False
            self.notify("the trade database works again, and everything is written", "database")

    def new_loop(self) -> None:
        """Begin a loop: write which messages were sent."""
        if not self._unwritten:
            return
        try:
            memory = self.memory()
            if memory is not None:
                memory.add(self._unwritten, datetime.now(UTC).timestamp())
            self._unwritten.clear()
        except Exception as error:  # noqa: BLE001 (a message that is repeated after a restart is no reason to end)
            logger.warning("robustop: which messages were sent was not written; the next loop tries again: %r", error)

    @property
    def all_left(self) -> bool:
        """True if Freqtrade has passed on all messages, which it does at the end of a loop."""
        return not getattr(self.dp, "_msg_queue", None)

    def _is_known(self, key: str) -> bool:
        """Return True if a message was sent before; else remember it."""
        if self._known is None:
            self._known = set()
            with suppress(Exception):
                memory = self.memory()
                self._known = set() if memory is None else memory.known()
        if key in self._known:
            return True
        self._known.add(key)
        self._unwritten.append(key)
        return False

    def _send(self, text: str, event: str | None, pair: str | None, *, always_send: bool) -> None:
        if not self.silent and (event is None or self.wants(event, pair)):
            with suppress(Exception):
                self.dp.send_msg(f"robustop: {text}", always_send=always_send)
