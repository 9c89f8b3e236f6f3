"""Plays a life with a bot, which may be killed at a point and is started again; nothing waits for a clock.

A step ends when the bot has done what it requires, and one loop later. A bot that dies goes on at the step's price.
"""

import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from robustop_plugin.rehearsal.exchange import Exchange
from robustop_plugin.rehearsal.subject import merge
from tests.kills.bots import Bot, Stuck
from tests.kills.life import LIFE, SIGNAL, STRATEGY, Step, Variant
from tests.kills.sight import Entry, Eyes, Sight, entry_of, read_records

MOST_LOOPS = 60
"""Loops in which a bot has to do what a step requires."""
PATIENT_LOOPS = 3
"""Loops after which a bot that does nothing is left a moment of time between two."""


class Life(NamedTuple):
    """What was seen of a life.

    Attributes:
        points: the points that the first bot process passed, in order.
        killed: what was seen after each kill.
        ends: what was seen at the end of each step; the last one at the end of a life that was not played on.
        looser: each time that a stop was looser than before.
        missed: why it was not played to its end; None if it was.
        records: the audit, doubled records included.
        held: what is left of the position at the end, in coins.
        problems: what the exchange found wrong in its ledger.
        log: the bot's log.
    """

    points: tuple[str, ...]
    killed: tuple[Sight, ...]
    ends: tuple[Sight, ...]
    looser: tuple[str, ...]
    missed: str | None
    records: tuple[Entry, ...]
    held: float
    problems: tuple[str, ...]
    log: Path


class Missed(Exception):
    """The life could not be played to its end; the message says why."""


@dataclass
class Stage:
    """Where a life is played.

    Attributes:
        variant: how.
        folder: the bot's folder.
        url: URL of its trade database.
        start: starts a bot, to be killed at a point; None to live.
        exchange: the exchange.
    """

    variant: Variant
    folder: Path
    url: str
    start: Callable[[str | None], Bot]
    exchange: Exchange
    bot: Bot | None = None
    points: tuple[str, ...] = ()
    kills: list[str] = field(default_factory=list)
    killed: list[Sight] = field(default_factory=list)
    ends: list[Sight] = field(default_factory=list)
    looser: list[str] = field(default_factory=list)
    tightest: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Look at what the bot cannot hide."""
        self.eyes = Eyes(self.url, self.exchange, self.variant)

    def play(self, kills: Sequence[str]) -> Life:
        """Play the life, with a bot that is killed at a point, started again and killed at the next one, and so on."""
        missed, self.kills = None, list(kills)
        try:
            self.bot = self._started()
            self._wait()
            for step in LIFE:
                self._play_step(step)
        except (Missed, Stuck) as error:
            missed = f"{error}"
            self.ends.append(self._look())
        finally:
            if self.bot is not None:
                self.points = self.points or tuple(self.bot.passed)
                self.bot.end()
        records = tuple(entry_of(record) for record in read_records(self.eyes.engine))
        held, problems = self.eyes.held(), self.eyes.problems()
        self.eyes.engine.dispose()
        log = self.folder / "freqtrade.log"
        return Life(
            self.points, tuple(self.killed), tuple(self.ends), tuple(self.looser), missed, records, held, problems, log
        )

    def _play_step(self, step: Step) -> None:
        signal = self.folder / SIGNAL
        if step.signal:
            signal.touch()
        else:
            signal.unlink(missing_ok=True)
        self.exchange.move(self.variant.pair, self.variant.price(step.r))
        settled = False
        for count in range(MOST_LOOPS):
            self._loop(step)
            sight = self._look()
            before, settled = settled, self._is_settled(step, sight)
            if before and settled:
                self.ends.append(sight)
                return
            if any(map(_entry_is_lost, self.killed)) and count > PATIENT_LOOPS:
                self.ends.append(sight)
                return
        raise Missed(f"{step.name}: it was not done within {MOST_LOOPS} loops: {sight}")

    def _is_settled(self, step: Step, sight: Sight) -> bool:
        """Return True if the bot has done what a step requires."""
        trade = sight.trade
        sales = len({fill.order for fill in sight.fills}) - 1
        if trade is None or sales != step.sales or trade.is_open == step.closed:
            return False
        if sight.state is None or sight.state.asked is not None:
            return False
        if step.closed or not self.variant.on_exchange:
            return not sight.resting
        return [stop.price for stop in sight.stops] == [trade.stop]

    def _loop(self, step: Step) -> None:
        """Let the bot make a loop."""
        assert self.bot is not None
        self.bot.go(step.name)
        self._wait()

    def _wait(self) -> None:
        """Wait for the end of a loop; a bot that is killed is started again."""
        assert self.bot is not None
        while not self.bot.wait():
            self.points = self.points or tuple(self.bot.passed)
            if not self.bot.was_killed:
                raise Missed(f"the bot ended by itself: {last_words(self.folder)}")
            self.bot.end()
            self.killed.append(self._look())
            self.bot = self._started()

    def _started(self) -> Bot:
        """Start a bot, to be killed at the next point, if any is left."""
        return self.start(self.kills.pop(0) if self.kills else None)

    def _look(self) -> Sight:
        """Look, and note a stop that is looser than it was."""
        sight = self.eyes.look()
        seen: dict[str, float] = {}
        if sight.trade is not None and sight.trade.stop:
            seen[f"the stop of trade {sight.trade.number}"] = sight.trade.stop
            if sight.state is not None:
                seen[f"the state of trade {sight.trade.number}"] = sight.state.stop
        if sight.stops:
            prices = [stop.price * self.variant.sign for stop in sight.stops]
            seen["the stop on the exchange"] = max(prices) * self.variant.sign
        for name, stop in seen.items():
            before = self.tightest.get(name, stop)
            if self.variant.sign * (stop - before) < 0:
                self.looser.append(f"{name} went from {before} to {stop}")
            self.tightest[name] = stop if self.variant.sign * (stop - before) > 0 else before
        return sight


def _entry_is_lost(killed: Sight) -> bool:
    """Return True if the bot died before it knew that its entry was filled."""
    return bool(killed.fills) and not killed.trades


def last_words(folder: Path) -> str:
    """Return the end of a bot's log."""
    with suppress(OSError):
        return "\n".join((folder / "freqtrade.log").read_text(encoding="utf-8", errors="replace").splitlines()[-12:])
    return "it has no log"


def write_config(folder: Path, variant: Variant, url: str, overlay: dict[str, Any], planted: str) -> list[str]:
    """Write the strategy and the configuration of a bot, and return the arguments of `freqtrade`."""
    (folder / "strategies").mkdir()
    (folder / "strategies" / f"{STRATEGY}.py").write_text(variant.source(folder) + planted, encoding="utf-8")
    pricing = {"price_side": "other", "use_order_book": True, "order_book_top": 1}
    own = {
        "stake_currency": "USDT",
        "stake_amount": 1000,
        "max_open_trades": 1,
        "tradable_balance_ratio": 0.99,
        "cancel_open_orders_on_exit": False,
        "unfilledtimeout": {"entry": 10, "exit": 10, "unit": "minutes", "exit_timeout_count": 0},
        "initial_state": "running",
        "entry_pricing": pricing,
        "exit_pricing": pricing,
        "internals": {"process_throttle_secs": 1},
        "db_url": url,
    }
    config = folder / "config.json"
    config.write_text(json.dumps(merge(own, overlay), indent=1), encoding="utf-8")
    options = {"--config": config, "--strategy": STRATEGY, "--strategy-path": folder / "strategies"}
    return ["trade", *(str(word) for pair in options.items() for word in pair), "--userdir", str(folder)]
