"""A real `freqtrade trade` process: started, killed, started again, and asked through its REST API."""

import os
import secrets
import socket
import subprocess
import sys
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from robustop_plugin.rehearsal.web import ask

USER = "rehearsal"
ERROR = " - ERROR - "
"""What stands before an error in the log."""
SECONDS_TO_END = 10.0
COLUMNS = "1000"
"""Width of the log, in which Freqtrade wraps its lines."""
FIRST_PORT, PORTS = 20_000, 12_000
_ports = count(secrets.randbelow(PORTS))

KEPT_OUT = ("FREQTRADE__", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
"""Beginnings of environment variables that would override the rehearsal's configuration or lead elsewhere."""


class Process(Protocol):
    """A started process."""

    pid: int

    def poll(self) -> int | None:
        """Return its exit status; None while it runs."""

    def kill(self) -> None:
        """End it at once."""

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end and return its exit status."""


Starter = Callable[[list[str], BinaryIO, Path, Mapping[str, str]], Process]
"""Starts `freqtrade` with arguments, its output in a file, a working directory and an environment."""


def start_process(arguments: list[str], log: BinaryIO, folder: Path, environment: Mapping[str, str]) -> Process:
    """Start `freqtrade` as a new process."""
    command = [sys.executable, "-m", "freqtrade", *arguments]
    return subprocess.Popen(  # noqa: S603 (our own interpreter, no shell)
        command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=folder, env=environment, start_new_session=True
    )


class Bot:
    """A bot.

    Attributes:
        port: the port of its REST API.
        password: the password there: no other bot takes our calls.
    """

    def __init__(self, arguments: Sequence[str], log: Path, start: Starter = start_process) -> None:
        """Take Freqtrade's arguments, the log to which all its processes append, and what starts them."""
        self.port, self.password = _free_port(), secrets.token_hex()
        self._arguments, self._log, self._start = list(arguments), log, start
        self._process: Process | None = None

    def start(self) -> None:
        """Start a process."""
        with self._log.open("ab") as log:
            self._process = self._start(self._arguments, log, self._log.parent, environment())

    @property
    def is_running(self) -> bool:
        """True while there is a process."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """The number of its process; -1 without one."""
        return -1 if self._process is None else self._process.pid

    @property
    def state(self) -> str | None:
        """What the bot says that it does, `running` or `stopped`; None without an answer."""
        try:
            status, answer = self.ask("/show_config")
        except OSError:
            return None
        return str(answer["state"]) if status == 200 else None  # noqa: PLR2004 (HTTP's success)

    def last_loop(self) -> float | None:
        """Return when the last loop ended, in seconds since the epoch; None without an answer, or a loop."""
        try:
            _, answer = self.ask("/health")
        except OSError:
            return None
        ended = answer.get("last_process") if isinstance(answer, dict) else None
        return None if ended is None else datetime.fromisoformat(ended).timestamp()

    def kill(self) -> None:
        """Kill the process; nothing happens without one."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(SECONDS_TO_END)
            self._process = None

    def ask(self, path: str, method: str = "GET", body: object = None) -> tuple[int, Any]:
        """Call the REST API; return status and answer.

        Raises:
            OSError: There is no answer.
        """
        token = b64encode(f"{USER}:{self.password}".encode()).decode()
        return ask(f"http://127.0.0.1:{self.port}", f"/api/v1{path}", method, body, Authorization=f"Basic {token}")

    def last_words(self) -> str:
        """Return why the process ended: the last error in its log, or else its last line."""
        lines = self._log.read_text(encoding="utf-8", errors="replace").splitlines() if self._log.exists() else []
        errors = [line.split(ERROR, 1)[1] for line in lines if ERROR in line]
        return (errors or lines or ["its log is empty"])[-1]


def environment() -> dict[str, str]:
    """Return the environment of the bot: this one, without what leads elsewhere."""
    kept = {name: value for name, value in os.environ.items() if not name.upper().startswith(KEPT_OUT)}
    return {**kept, "COLUMNS": COLUMNS}


def _free_port() -> int:
    """Return a port for the REST API.

    It is none that the system gives to connections, or that another bot of this process gets before it has started.
    """
    while True:
        port = FIRST_PORT + next(_ports) % PORTS
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
