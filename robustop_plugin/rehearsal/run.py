"""One rehearsal from its folder to its verdict; every process that it starts has ended when it returns."""

import time
from contextlib import suppress
from pathlib import Path
from threading import Event, Lock
from typing import NamedTuple

from robustop_plugin.rehearsal.bot import Bot, Starter
from robustop_plugin.rehearsal.database import stored_orders
from robustop_plugin.rehearsal.exchange import served, write_candles
from robustop_plugin.rehearsal.facts import Balances, Record
from robustop_plugin.rehearsal.folder import Folder
from robustop_plugin.rehearsal.messages import messages_of
from robustop_plugin.rehearsal.play import play
from robustop_plugin.rehearsal.scenario import Scenario, Variant
from robustop_plugin.rehearsal.scene import Scene
from robustop_plugin.rehearsal.subject import Subject
from robustop_plugin.rehearsal.verdict import Verdict, verdict_of
from robustop_plugin.rehearsal.watch import Listener, Watch
from robustop_plugin.venue.market import Market

FEW = 6
"""Markets for scenarios of few pairs, which share their candles."""


class Rehearsal(NamedTuple):
    """A rehearsal that has ended.

    Attributes:
        scenario: what was played.
        variant: how.
        strategy: name of the strategy class.
        plain: True if robustop was left out.
        record: what was observed.
        timeline: the same in words, each with seconds since the start.
        verdict: the verdict.
        seconds: how long it took.
    """

    scenario: Scenario
    variant: Variant
    strategy: str
    plain: bool
    record: Record
    timeline: list[tuple[float, str]]
    verdict: Verdict
    seconds: float


class Stage:
    """Rehearses one strategy; the candles are written once for each market."""

    def __init__(self, subject: Subject, path: Path, *, plain: bool) -> None:
        """Rehearse below an existing folder.

        Args:
            subject: the strategy and its configuration.
            path: the folder; each rehearsal has one of its own in it.
            plain: True to leave robustop out.
        """
        self._subject, self._path, self._plain = subject, path, plain
        self._count = 0
        self._lock = Lock()
        self._markets: dict[tuple[bool, int], tuple[Path, list[Market]]] = {}

    def rehearse(
        self, scenario: Scenario, variant: Variant, listener: Listener, start: Starter, interrupted: Event
    ) -> Rehearsal:
        """Play a scenario; several threads may do so at the same time.

        Args:
            scenario: what happens.
            variant: market, side, place of the stop, and route.
            listener: hears each line of the timeline, with its time.
            start: starts the bot's processes.
            interrupted: ends the rehearsal early once it is set.

        Raises:
            InvalidSettings: The strategy cannot be copied, or its timeframe is unknown.
            Interrupted: It was ended early.
        """
        began = time.monotonic()
        folder = self._new_folder(scenario, variant)
        datadir, markets = self._candles(scenario.pairs, futures=variant.is_futures)
        traded, futures, route = scenario.pairs, variant.is_futures, variant.route
        served_here = served(datadir, markets, traded=traded, futures=futures, route=route)
        with served_here as (exchange, overlay):
            folder.write_config(self._subject, scenario, variant, overlay)
            bot = Bot(folder.arguments(self._subject.strategy), folder.log, start)
            folder.listen_at(bot.port, bot.password)
            watch = Watch(bot, exchange, folder, variant.sign, listener)
            try:
                record = self._played(scenario, Scene(bot, exchange, folder, watch, variant, interrupted))
            finally:
                with suppress(OSError):
                    bot.kill()
        verdict = verdict_of(record, scenario.expect, scenario.limit_of(variant))
        took = time.monotonic() - began
        name = self._subject.strategy
        return Rehearsal(scenario, variant, name, self._plain, record, sorted(watch.timeline), verdict, took)

    def _candles(self, count: int, *, futures: bool) -> tuple[Path, list[Market]]:
        """Return a folder with the candles of enough markets of spot or futures, and these markets."""
        key = (futures, max(count, FEW))
        with self._lock:
            if key not in self._markets:
                path = self._path / f"candles-{'futures' if futures else 'spot'}-{key[1]}"
                markets = write_candles(path, self._subject.timeframe, key[1], futures=futures)
                self._markets[key] = (path, markets)
            return self._markets[key]

    def _new_folder(self, scenario: Scenario, variant: Variant) -> Folder:
        with self._lock:
            self._count += 1
            number = self._count
        path = self._path / f"{number:03d}-{scenario.name}-{variant.kind.replace(' ', '-')}"
        path.mkdir(parents=True)
        folder = Folder(path)
        signal = f"enter_{variant.side}" if scenario.signal else None
        folder.write_strategy(self._subject, plain=self._plain, signal=signal)
        return folder

    def _played(self, scenario: Scenario, scene: Scene) -> Record:
        """Play the steps, and return what was observed."""
        bot, exchange, variant, watch = scene.bot, scene.exchange, scene.variant, scene.watch
        account = "futures" if variant.is_futures else "spot"
        before = exchange.total(account)
        play(scene, scenario)
        end = watch.now
        bot.kill()
        balances = Balances(before, exchange.total(account))
        facts = tuple(sorted(watch.facts, key=lambda fact: fact.time))
        orders = tuple(stored_orders(scene.folder.database))
        return Record(
            sign=variant.sign,
            facts=facts,
            end=end,
            asked=scene.asked,
            orders=orders,
            balances=balances,
            stop_on_exchange=variant.stop == "exchange",
            uncovered=exchange.uncovered(watch.since_began),
            problems=exchange.problems(),
            messages=messages_of(scene.folder.log),
            lots=exchange.lots,
        )
