"""A real `freqtrade trade` process, dry-run or live, at a venue, controlled through its REST API."""

import http.client
import json
import os
import socket
import sys
import time
from base64 import b64encode
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from tests.conftest import ROOT
from tests.support import warm

USER, PASSWORD = "rehearsal", "rehearsal"
SECONDS = 60.0  # timeout when waiting for an event; starting Freqtrade takes many seconds on a busy machine
OTHER_SIDE = {"price_side": "other", "use_order_book": True, "order_book_top": 1}
"""Pricing at the other side of the book: limit orders fill at once."""
OWN_SIDE = {**OTHER_SIDE, "price_side": "same"}
"""Pricing at our side of the book: limit orders rest."""
PAUSE = 0.05  # seconds between polls
LONGEST_SLEEP = 0.1
"""How long the bot sleeps between two loops at most, in seconds. Its configuration may only name whole seconds."""
HURRIES = f"""

import time
from freqtrade.worker import Worker

Worker._sleep = staticmethod(lambda seconds: time.sleep(min(seconds, {LONGEST_SLEEP})))
"""
"""Follows the source of a strategy."""

T = TypeVar("T")


def ask(url: str, path: str, method: str = "GET", body: object = None, **headers: str) -> tuple[int, Any]:
    """Send a request; return status and JSON."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
    try:
        sent = None if body is None else json.dumps(body)
        connection.request(method, path, sent, {"Content-Type": "application/json", **headers})
        response = connection.getresponse()
        return response.status, json.loads(response.read())
    finally:
        connection.close()


def move_price(url: str, pair: str, price: float) -> None:
    """Trade a pair at this price on the venue."""
    status, answer = ask(url, "/_control/price", "POST", {"pair": pair, "price": price})
    assert status == 200, answer


def eventually(see: Callable[[], T | None], what: str, log: Path | None = None) -> T:
    """Poll `see` until it returns a true value, and return that value; on timeout, fail with the tail of the log."""
    deadline = time.monotonic() + SECONDS
    while True:
        seen = see()
        if seen:
            return seen
        if time.monotonic() > deadline:
            tail = "" if log is None else "\n".join(log.read_text().splitlines()[-40:])
            raise AssertionError(f"{what} did not happen within {SECONDS:g} s\n{tail}")
        time.sleep(PAUSE)


def free_port() -> int:
    """Return a port that is not in use."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


class Bot:
    """A bot that can be killed and restarted.

    Attributes:
        folder: folder of its configuration, log and database.
        database: path of its trade database.
        log: path of its log, which all restarts append to.
    """

    def __init__(
        self,
        folder: Path,
        overlay: Mapping[str, Any],
        strategy: str,
        source: str,
        *,
        hurries: bool = True,
        **over: Any,
    ) -> None:
        """Write the configuration and the strategy.

        Args:
            folder: an empty folder.
            overlay: settings that point to the venue; `"dry_run": False` makes the bot trade live.
            strategy: name of the strategy class.
            source: source code of its module.
            hurries: False for loops of a second, for tests in which something else has to keep up with the loops.
            over: settings that override the bot's own.
        """
        self.folder = folder
        self.database = folder / "trades.sqlite"
        self.log = folder / "freqtrade.log"
        self._strategy = strategy
        self._dry_run = bool(overlay.get("dry_run", True))
        self._port = free_port()
        self._process: warm.Process | None = None
        (folder / "strategy.py").write_text(source + HURRIES * hurries)
        (folder / "overlay.json").write_text(json.dumps(overlay))
        (folder / "bot.json").write_text(json.dumps({**self._settings(), **over}))

    def _settings(self) -> dict[str, Any]:
        return {
            "dry_run": self._dry_run,
            "db_url": f"sqlite:///{self.database}",
            "force_entry_enable": True,
            "entry_pricing": OTHER_SIDE,
            "exit_pricing": OTHER_SIDE,
            "internals": {"process_throttle_secs": 1},
            "api_server": {
                "enabled": True,
                "listen_ip_address": "127.0.0.1",
                "listen_port": self._port,
                "username": USER,
                "password": PASSWORD,
                "jwt_secret_key": "for this machine only, for one test",
                "ws_token": "for one test",
                "CORS_origins": [],
                "verbosity": "error",
            },
        }

    def start(self) -> None:
        """Start the process and wait until it trades."""
        configs = (ROOT / "config.json", self.folder / "overlay.json", self.folder / "bot.json")
        arguments = [part for config in configs for part in ("--config", str(config))]
        strategy = ["--strategy", self._strategy, "--strategy-path", str(self.folder)]
        command = [sys.executable, "-m", "freqtrade", "trade", *arguments, *strategy, "--userdir", str(self.folder)]
        with self.log.open("ab") as log:
            self._process = warm.start(command, log, cwd=self.folder, env={**os.environ, "COLUMNS": "250"})
        self.eventually(self._is_running, "the start")

    def _is_running(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, self.log.read_text()[-4000:]
        try:
            return bool(self.rest("/show_config")["state"] == "running")
        except OSError:
            return False

    @property
    def is_alive(self) -> bool:
        """True while there is a process."""
        return self._process is not None and self._process.poll() is None

    def kill(self) -> None:
        """Kill the process without a shutdown, as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def eventually(self, see: Callable[[], T | None], what: str) -> T:
        """Poll `see` until it returns a true value, and return that value."""
        return eventually(see, what, self.log)

    def rest(self, path: str, method: str = "GET", body: object = None) -> Any:
        """Call the bot's REST API, require status 200, and return the answer."""
        status, answer = self.try_rest(path, method, body)
        assert status == 200, f"{method} {path}: {answer}\n{self.log.read_text()[-4000:]}"
        return answer

    def try_rest(self, path: str, method: str = "GET", body: object = None) -> tuple[int, Any]:
        """Call the bot's REST API; return status and answer."""
        token = b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        url = f"http://127.0.0.1:{self._port}"
        return ask(url, f"/api/v1{path}", method, body, Authorization=f"Basic {token}")
