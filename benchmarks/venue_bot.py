"""A live bot in a process of its own, whose loops and prices are controlled from here, at a loopback Binance."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple

from stops import ROOT, WRITTEN_HERE

from robustop_plugin.rehearsal.exchange import Exchange, write_candles
from robustop_plugin.rehearsal.web import ask
from robustop_plugin.venue.control_coverage import COVERAGE
from robustop_plugin.venue.market import Market
from robustop_plugin.venue.overlay import live, offline_overlay
from robustop_plugin.venue.server import Venue

SCRIPT = Path(__file__).with_name("bot_process.py")
PRICING = {"price_side": "other", "use_order_book": True, "order_book_top": 1}
DATABASE = "trades.sqlite"
TAIL = 20
TIMEFRAME = "5m"
STAKE = 90
"""In USDT: a hundred positions of it fit into the wallet."""


class Candles(NamedTuple):
    """Candles that bots are served.

    Attributes:
        folder: Folder of the candle files.
        markets: Their markets, all spot or all futures.
    """

    folder: Path
    markets: list[Market]


@contextmanager
def new_candles(folder: Path, count: int, *, futures: bool = False) -> Iterator[Candles]:
    """Write candles of as many markets, and remove them afterwards.

    Args:
        folder: Folder for temporary files.
        count: Number of markets.
        futures: True for perpetuals.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="candles-", dir=folder) as path:
        yield Candles(Path(path), write_candles(Path(path), TIMEFRAME, count, futures=futures)[:count])


class VenueBot:
    """A bot and its exchange.

    Attributes:
        exchange: The exchange's control calls.
    """

    def __init__(self, process: subprocess.Popen[str], url: str, exchange: Exchange, log: Path) -> None:
        """Take a process that has been started, and the URL of its exchange."""
        self.exchange = exchange
        self._process, self._url, self._log = process, url, log
        self._commands, self._answers = _piped(process.stdin), _piped(process.stdout)
        self._answer()

    @property
    def database(self) -> Path:
        """Its trade database; it is gone with the bot."""
        return self._log.with_name(DATABASE)

    def loop(self) -> dict[str, Any]:
        """Run one loop; return what it cost."""
        return self._obey("loop")

    def make_room(self, positions: int) -> None:
        """Let the bot hold as many positions."""
        self._obey(f"room {positions}")

    def lock(self, pair: str) -> None:
        """Let the bot enter no more position of a pair, where Freqtrade would after the candle of the last exit."""
        self._obey(f"lock {pair}")

    def profile(self, file: Path) -> None:
        """Collect a profile of the loops from here on."""
        self._obey(f"profile {file}")

    def coverage(self, pair: str) -> list[dict[str, Any]]:
        """Return the times at which the last position of a pair had no stop on the exchange."""
        found = [one for one in ask(self._url, COVERAGE)[1]["positions"] if one["pair"] == pair]
        return list(found[-1]["uncovered"]) if found else []

    def stops(self) -> dict[str, float]:
        """Return the price of the stop that waits on the exchange, by pair."""
        return {stop["pair"]: stop["stop"] for stop in self.exchange.state()["stops"]}

    def has_trades(self) -> bool:
        """Return whether the bot holds a position."""
        return bool(self._obey("trades")["trades"])

    def close(self) -> None:
        """End the process."""
        self._commands.close()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _obey(self, command: str) -> dict[str, Any]:
        self._commands.write(f"{command}\n")
        self._commands.flush()
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        line = self._answers.readline()
        if not line:
            tail = "\n".join(self._log.read_text(encoding="utf-8").splitlines()[-TAIL:])
            raise RuntimeError(f"the bot's process has ended:\n{tail}")
        return dict(json.loads(line))


@contextmanager
def venue_bot(candles: Candles, strategy: str, folder: Path) -> Iterator[VenueBot]:
    """Serve an exchange and run a live bot on it, both new. Its pairs are all markets, in order."""
    markets = candles.markets
    futures = bool(markets[0].settle)
    with (
        tempfile.TemporaryDirectory(prefix=f"{strategy}-", dir=folder) as path,
        Venue(markets, candles.folder).serve() as url,
    ):
        home = Path(path)
        pairs = [market.pair for market in markets]
        config, log = home / "config.json", home / "freqtrade.log"
        overlay = live(offline_overlay(url, pairs, futures=futures))
        config.write_text(json.dumps({**overlay, **_settings(home, strategy)}), encoding="utf-8")
        command = [sys.executable, str(SCRIPT), "trade", "--config", str(ROOT / "config.json")]
        command += ["--config", str(config), "--strategy", strategy, "--strategy-path", str(WRITTEN_HERE)]
        with log.open("w", encoding="utf-8") as errors:
            process = subprocess.Popen(
                [*command, "--userdir", path],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                env=_environment(),
            )
        bot = None
        try:
            bot = VenueBot(process, url, Exchange(url, markets), log)
            yield bot
        finally:
            if bot is None:
                process.kill()
                process.wait()
            else:
                bot.close()


def _piped(stream: IO[str] | None) -> IO[str]:
    """Return a stream of a process that was started with pipes."""
    if stream is None:
        raise ValueError("the process has no pipe")
    return stream


def _settings(home: Path, strategy: str) -> dict[str, Any]:
    return {
        "strategy": strategy,
        "max_open_trades": 0,
        "stake_amount": STAKE,
        "db_url": f"sqlite:///{home / DATABASE}",
        "entry_pricing": PRICING,
        "exit_pricing": PRICING,
    }


def _environment() -> dict[str, str]:
    """Return the environment of the bot, in which this copy of robustop comes first."""
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
