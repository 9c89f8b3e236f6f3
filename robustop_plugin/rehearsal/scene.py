"""What the steps of a scenario act on, and how they wait."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event
from typing import Any, TypeVar

from robustop_plugin.rehearsal import events
from robustop_plugin.rehearsal.bot import Bot
from robustop_plugin.rehearsal.exchange import Exchange
from robustop_plugin.rehearsal.folder import Folder
from robustop_plugin.rehearsal.scenario import Variant
from robustop_plugin.rehearsal.watch import Watch

PAUSE = 0.1
"""Seconds between two looks while an event is awaited."""
SUCCESS = 200
"""HTTP's status."""

T = TypeVar("T")


class Interrupted(Exception):
    """The rehearsal is ended early."""


class Late(Exception):
    """A step did not happen in time, or was refused; the message says which."""


@dataclass
class Scene:
    """A bot, its exchange, and what is known of them.

    Attributes:
        bot: the bot.
        exchange: the exchange.
        folder: the bot's folder.
        watch: observes both.
        variant: market, side, place of the stop.
        interrupted: ends the rehearsal early once it is set.
        asked: number of entries that the bot accepted.
        entries: the price from which prices are counted, by pair.
        first_stops: the stop at the entry's fill, by pair.
    """

    bot: Bot
    exchange: Exchange
    folder: Folder
    watch: Watch
    variant: Variant
    interrupted: Event
    asked: int = 0
    entries: dict[str, float] = field(default_factory=dict)
    first_stops: dict[str, float] = field(default_factory=dict)

    def pair(self, step: Any) -> str:
        """Return the pair of a step."""
        pair: str = self.exchange.pairs[step.pair - 1]
        return pair

    def eventually(self, see: Callable[[], T | None], what: str, within: float) -> T:
        """Look until something is seen, and return it.

        Raises:
            Late: It is not seen in time.
            Interrupted: The rehearsal is ended early.
        """
        deadline = time.monotonic() + within
        while True:
            self.watch.look()
            seen = see()
            if seen:
                return seen
            if time.monotonic() > deadline:
                raise Late(f"{what} did not happen within {within:g} s")
            self.go_on(PAUSE)

    def go_on(self, pause: float = 0.0) -> None:
        """Wait for a moment.

        Raises:
            Interrupted: The rehearsal is ended early.
        """
        if self.interrupted.wait(pause):
            raise Interrupted

    def wait_for_loops(self, count: int, within: float) -> None:
        """Wait until loops have completed, of which the first may have begun before."""
        wanted = self.watch.loops + count
        self.eventually(lambda: self.watch.loops >= wanted, f"{count} loops of the bot", within)

    def order(self, step: Any) -> dict[str, Any]:
        """Wait for the resting order that a step names, and return it."""
        pair, place = self.pair(step), step.order
        what = f"{pair}: a resting {place} order"
        return self.eventually(lambda: events.order_of(self.watch, self.variant, pair, place), what, step.within)

    def start(self, within: float) -> None:
        """Start the bot and wait until it trades.

        Raises:
            Late: It does not, or has ended.
        """
        self.bot.start()
        self.eventually(lambda: self.bot.state == "running" or not self.bot.is_running, "the bot's start", within)
        if not self.bot.is_running:
            raise Late(f"the bot ended at its start: {self.bot.last_words()}")
        self.watch.set_up(True)
        self.watch.note("the bot trades")

    def fail_to_start(self, within: float) -> None:
        """Start the bot and wait until it has ended.

        Raises:
            Late: It trades.
        """
        self.bot.start()
        self.eventually(lambda: self.bot.state == "running" or not self.bot.is_running, "the bot's end", within)
        if self.bot.is_running:
            raise Late("the bot trades, although it should not start")
        self.watch.note(f"the bot ended at its start: {self.bot.last_words()}")

    def call(self, path: str, body: dict[str, Any] | None = None, *, refused: bool = False) -> bool:
        """Call the bot's REST API; return True if it accepted.

        Raises:
            Late: It refused although it should not, or the other way around.
        """
        try:
            status, answer = self.bot.ask(path, "POST", body)
        except OSError as error:
            status, answer = 0, f"no answer: {error}"
        accepted = status == SUCCESS
        self.watch.look()
        if accepted and refused:
            raise Late(f"the bot accepted {path}, which it should refuse")
        if not accepted:
            text = answer.get("error", answer) if isinstance(answer, dict) else answer
            self.watch.note(f"the bot refused {path}: {text}")
            if not refused:
                raise Late(f"the bot refused {path}: {text}")
        return accepted
