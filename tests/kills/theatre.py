"""Plays lives of every variant, each in a folder and a database of its own, and keeps those without a kill."""

import shutil
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from random import Random
from threading import Lock
from typing import NamedTuple

import sqlalchemy as sa

from robustop_plugin.rehearsal.exchange import served, write_candles
from robustop_plugin.venue.market import Market
from tests.kills.bots import Bot, warm_bots
from tests.kills.compare import Lost, compare, lost_by
from tests.kills.life import ENTRY, Variant
from tests.kills.play import Life, Stage, write_config
from tests.support import postgres

PAIRS = 6
WRITING = ("POST", "DELETE", "commit", "audit")
"""Points around what outlives the process; each second kill is at one of them."""

EACH_AGAIN = 4
"""Each fourth bot is killed again while it recovers."""
LONGEST_RECOVERY = 120
"""Points of a start and the loops after it."""


class Kill(NamedTuple):
    """A kill that is to be made.

    Attributes:
        number: its number, from 0.
        variant: the life.
        point: name of the point and its occurrence, `NAME#3`.
        again: the point at which the bot that was started again is killed, too; `*#57` is the 57th of any name.
            Empty to let it live.
    """

    number: int
    variant: Variant
    point: str
    again: str = ""


class Result(NamedTuple):
    """What came of a kill.

    Attributes:
        kill: the kill.
        lost: what was lost with the process, or the processes.
        kills: how often the bot was killed.
        findings: what is wrong; empty if the bot has recovered.
    """

    kill: Kill
    lost: str
    findings: list[str]
    kills: int

    @property
    def reached(self) -> bool:
        """True if the point was passed."""
        return self.kills > 0


class Theatre:
    """Plays lives."""

    def __init__(self, folder: Path, server: str, database_server: str | None, planted: str = "") -> None:
        """Play below a folder, with bots of a server, and databases of a PostgreSQL server.

        Args:
            folder: the folder.
            server: path of the socket of the server of bots.
            database_server: URL of the PostgreSQL server; None to play only on SQLite.
            planted: code at the end of the strategy's file, which plants a bug.
        """
        self._planted = planted
        self._folder, self._server, self._postgres = folder, server, database_server
        self._markets: dict[bool, list[Market]] = {}
        self._references: dict[Variant, Life] = {}
        self._count = 0
        self._lock = Lock()
        self._locks: dict[Variant, Lock] = defaultdict(Lock)

    def reference(self, variant: Variant) -> Life:
        """Return the life without a kill."""
        with self._locks[variant]:
            if variant not in self._references:
                life, _ = self.play(variant, ())
                assert life.missed is None, f"{variant.name} without a kill: {life.missed}"
                assert not life.looser, f"{variant.name} without a kill: {life.looser}"
                self._references[variant] = life
            return self._references[variant]

    def try_kill(self, kill: Kill, kept: Path | None = None) -> Result:
        """Play a life with a kill and compare it; what a bot that has not recovered leaves is kept in a folder."""
        reference = self.reference(kill.variant)
        life, folder = self.play(kill.variant, (kill.point, kill.again) if kill.again else (kill.point,))
        if not life.killed:
            shutil.rmtree(folder)
            return Result(kill, "", [life.missed] if life.missed else [], kills=0)
        findings = compare(kill.variant, life, reference)
        if findings and kept is not None:
            shutil.rmtree(kept, ignore_errors=True)
            shutil.copytree(folder, kept)
            lines = [f"{kill.variant.name}  {kill.point}  {kill.again}", *findings, "", *map(str, life.records)]
            (kept / "findings.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
        shutil.rmtree(folder)
        lost = sorted(set(map(lost_by, life.killed)) - {Lost.NOTHING})
        return Result(kill, ", ".join(lost) or Lost.NOTHING, findings, len(life.killed))

    def play(self, variant: Variant, kills: Sequence[str]) -> tuple[Life, Path]:
        """Play a life with kills at these points, one after the other; return it and its folder."""
        with self._lock:
            self._count += 1
            folder = self._folder / f"{self._count:04d}-{variant.name}"
            folder.mkdir(parents=True)
            datadir = self._folder / f"candles-{variant.market}"
            if variant.futures not in self._markets:
                self._markets[variant.futures] = write_candles(datadir, "5m", PAIRS, futures=variant.futures)
        markets = self._markets[variant.futures]
        # With Binance's own addresses, ccxt knows the errors of perpetuals.
        route = "proxy" if variant.futures else "url"
        with (
            served(datadir, markets, traded=1, futures=variant.futures, route=route) as (exchange, overlay),
            self._database(folder, variant) as url,
        ):
            arguments = write_config(folder, variant, url, overlay, self._planted)
            exchange.move(variant.pair, ENTRY)
            log = folder / "freqtrade.log"
            stage = Stage(variant, folder, url, lambda at: Bot(self._server, arguments, log, at), exchange)
            return stage.play(kills), folder

    @contextmanager
    def _database(self, folder: Path, variant: Variant) -> Iterator[str]:
        if variant.database == "sqlite":
            yield f"sqlite:///{folder / 'trades.sqlite'}"
            return
        assert self._postgres is not None, "PostgreSQL was not started"
        url = postgres.new_database(self._postgres)
        try:
            yield url
        finally:
            engine = sa.create_engine(f"{self._postgres}/postgres", isolation_level="AUTOCOMMIT")
            with engine.connect() as connection:
                connection.execute(sa.text(f"DROP DATABASE {url.rsplit('/', 1)[1]} WITH (FORCE)"))
            engine.dispose()


@contextmanager
def theatre(folder: Path, *, with_postgres: bool) -> Iterator[Theatre]:
    """Open a theatre below a folder; its bots and its database server end with the block."""
    with ExitStack() as ended:
        database = ended.enter_context(postgres.server()) if with_postgres else None
        yield Theatre(folder, ended.enter_context(warm_bots()), database)


def second_of(seed: str, place: int) -> str:
    """Draw where a bot that was started again is killed once more; empty for those that live."""
    random = Random(f"{seed} {place}")  # noqa: S311 (to repeat a run)
    number = random.randint(1, LONGEST_RECOVERY)
    return f"*#{number}" if place % EACH_AGAIN == EACH_AGAIN - 1 else ""


def draw(seed: str, points: tuple[str, ...], count: int) -> list[str]:
    """Draw points, each with its occurrence: every name once before one comes again, every second one a write."""
    counts, random = Counter(points), Random(seed)  # noqa: S311 (to repeat a run)
    names = sorted(counts)
    bags = (names, [name for name in names if any(word in name for word in WRITING)])
    left: tuple[list[str], ...] = ([], [])
    drawn = []
    for number in range(count):
        place = number % len(bags)
        if not left[place]:
            left[place].extend(random.sample(bags[place], len(bags[place])))
        name = left[place].pop()
        drawn.append(f"{name}#{random.randint(1, counts[name])}")
    return drawn
