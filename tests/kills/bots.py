"""Bots that can be killed at a point: forked from a server of warm processes, and led from loop to loop.

Run as `python -m tests.kills.bots SOCKET` it is the server.
"""

import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from robustop_plugin.rehearsal.bot import environment
from robustop_plugin.runner.warm import server
from robustop_plugin.runner.warm.client import WarmProcess
from tests.kills import points

ROOT = Path(__file__).parents[2]
PAUSE = 0.02  # seconds between looks for the server's socket
LONGEST_LOOP = 90.0
"""Seconds that a loop of the bot, or its start, may take."""
SECONDS_TO_END = 10.0


class Stuck(Exception):
    """The bot neither ended a loop nor died in time."""


class Bot:
    """A `freqtrade trade` process.

    Attributes:
        passed: the points that it has passed, in order.
        loops: number of loops that have ended.
    """

    def __init__(self, server: str, arguments: Sequence[str], log: Path, kill: str | None) -> None:
        """Start it, to be killed at a point; None to live."""
        self.passed: list[str] = []
        self.loops = 0
        self._rest = b""
        self._channel, theirs = socket.socketpair()
        with theirs, log.open("ab") as output:
            streams = [theirs.fileno(), output.fileno(), output.fileno()]
            given = environment() | ({} if kill is None else {points.KILL: kill})
            self._process = WarmProcess(server, ["freqtrade", *arguments], streams, str(log.parent), given)

    def wait(self) -> bool:
        """Wait for the end of a loop; return False if the process has ended instead.

        Raises:
            Stuck: Neither happened in time.
        """
        deadline = time.monotonic() + LONGEST_LOOP
        while True:
            while b"\n" in self._rest:
                line, _, self._rest = self._rest.partition(b"\n")
                if not line:
                    self.loops += 1
                    return True
                self.passed.append(line.decode())
            if not select.select([self._channel], [], [], max(0.0, deadline - time.monotonic()))[0]:
                raise Stuck(f"no loop ended within {LONGEST_LOOP:g} s, after {self.passed[-1:]}")
            try:
                received = self._channel.recv(1 << 16)
            except ConnectionError:
                received = b""
            if not received:
                return False
            self._rest += received

    def go(self, step: str) -> None:
        """Let it begin another loop, of a step."""
        self._channel.sendall(f"{step}\n".encode())

    def end(self) -> int:
        """Kill it if it runs, and return its exit status: that of SIGKILL if it was killed."""
        self._process.kill()
        status = self._process.wait(SECONDS_TO_END)
        self._channel.close()
        return status

    @property
    def was_killed(self) -> bool:
        """True if it has died at its point."""
        return self._process.wait(SECONDS_TO_END) == -signal.SIGKILL


def freqtrade() -> object:
    """Be the `freqtrade` command, with kill points."""
    points.install()
    return server.freqtrade()


@contextmanager
def warm_bots() -> Iterator[str]:
    """Serve bots until the block ends, and yield the path of the server's socket."""
    with TemporaryDirectory(prefix="kills-") as folder:
        path = Path(folder) / "socket"
        command = [sys.executable, "-m", "tests.kills.bots", str(path)]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, cwd=ROOT, start_new_session=True)
        try:
            while not path.exists():
                if process.poll() is not None:
                    raise RuntimeError(f"the server of bots ended with status {process.returncode}")
                time.sleep(PAUSE)
            yield str(path)
        finally:
            process.communicate(timeout=SECONDS_TO_END)


if __name__ == "__main__":
    os.chdir(ROOT)
    server.serve(sys.argv[1], {"freqtrade": freqtrade})
