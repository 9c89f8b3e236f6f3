"""A real `freqtrade trade` process, dry or live, against a venue, spoken to through its own REST API."""

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from tests.conftest import ROOT

USER, PASSWORD = "rehearsal", "rehearsal"
SECONDS = 20.0
OTHER_SIDE = {"price_side": "other", "use_order_book": True, "order_book_top": 1}
"""Orders at the other side of the book are filled at once."""
OWN_SIDE = {**OTHER_SIDE, "price_side": "same"}
"""Limit orders at the own side rest."""
PAUSE = 0.05

T = TypeVar("T")


def ask(url: str, path: str, method: str = "GET", body: object = None, **headers: str) -> tuple[int, Any]:
    """Return status and JSON of one request."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
    try:
        sent = None if body is None else json.dumps(body)
        connection.request(method, path, sent, {"Content-Type": "application/json", **headers})
        response = connection.getresponse()
        return response.status, json.loads(response.read())
    finally:
        connection.close()


def move_price(url: str, pair: str, price: float) -> None:
    """Make the next trade of a pair at a venue."""
    status, answer = ask(url, "/_control/price", "POST", {"pair": pair, "price": price})
    assert status == 200, answer


def eventually(see: Callable[[], T | None], what: str, log: Path | None = None) -> T:
    """Return what `see` returns once that is something; fail with the end of a log if it never is."""
    deadline = time.monotonic() + SECONDS
    while True:
        seen = see()
        if seen:
            return seen
        if time.monotonic() > deadline:
            told = "" if log is None else "\n".join(log.read_text().splitlines()[-40:])
            raise AssertionError(f"{what} did not happen within {SECONDS:g} s\n{told}")
        time.sleep(PAUSE)


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


class Bot:
    """One bot, which may be killed and started again.

    Attributes:
        folder: of its configuration, log and database.
        database: its trades.
        log: what all its lives wrote.
    """

    def __init__(self, folder: Path, overlay: Mapping[str, Any], strategy: str, source: str, **over: Any) -> None:
        """Write the configuration and the strategy.

        Args:
            folder: an empty one.
            overlay: leads to the venue; the bot trades live if it says so.
            strategy: name of the class.
            source: of its module.
            over: on top of the configuration.
        """
        self.folder = folder
        self.database = folder / "trades.sqlite"
        self.log = folder / "freqtrade.log"
        self._strategy = strategy
        self._dry_run = bool(overlay.get("dry_run", True))
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        (folder / "strategy.py").write_text(source)
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
            self._process = subprocess.Popen(
                command, stdout=log, stderr=subprocess.STDOUT, cwd=self.folder, env={**os.environ, "COLUMNS": "250"}
            )
        self.eventually(self._runs, "the start")

    def _runs(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, self.log.read_text()[-4000:]
        try:
            return bool(self.rest("/show_config")["state"] == "running")
        except OSError:
            return False

    def kill(self) -> None:
        """End the process as a power cut does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def eventually(self, see: Callable[[], T | None], what: str) -> T:
        """Return what `see` returns once that is something."""
        return eventually(see, what, self.log)

    def rest(self, path: str, method: str = "GET", body: object = None) -> Any:
        """Return what the bot's own API answers."""
        status, answer = self.try_rest(path, method, body)
        assert status == 200, f"{method} {path}: {answer}\n{self.log.read_text()[-4000:]}"
        return answer

    def try_rest(self, path: str, method: str = "GET", body: object = None) -> tuple[int, Any]:
        """Return status and answer of the bot's own API, whatever they are."""
        token = b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        url = f"http://127.0.0.1:{self._port}"
        return ask(url, f"/api/v1{path}", method, body, Authorization=f"Basic {token}")
