"""Starts bots from a server of warm processes."""

import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

from robustop_plugin.runner.warm.client import WarmProcess

IS_POSSIBLE = sys.platform == "linux"
"""Elsewhere processes cannot be forked, or should not be."""
PAUSE = 0.02
"""Seconds between two looks for the server's socket."""
SECONDS_TO_END = 10.0


class Server:
    """A server of warm processes."""

    def __init__(self, socket: Path) -> None:
        """Take the path of its socket."""
        self._socket = str(socket)

    def start(self, arguments: list[str], log: BinaryIO, folder: Path, environment: Mapping[str, str]) -> WarmProcess:
        """Start `freqtrade` with its output in a file, a working directory and an environment."""
        with Path("/dev/null").open("rb") as nothing:
            streams = [nothing.fileno(), log.fileno(), log.fileno()]
            return WarmProcess(self._socket, ["freqtrade", *arguments], streams, str(folder), environment)


@contextmanager
def warm_server() -> Iterator[Server]:
    """Serve bots until the block ends. The first one waits until Freqtrade is imported.

    Raises:
        RuntimeError: The server did not start.
    """
    with TemporaryDirectory(prefix="warm-") as folder:
        socket = Path(folder) / "socket"
        command = [sys.executable, "-m", "robustop_plugin.runner.warm.server", str(socket)]
        # Ctrl-C at the terminal is not for its session, and what stands in the user's folder is not imported.
        server = subprocess.Popen(command, stdin=subprocess.PIPE, cwd=folder, start_new_session=True)  # noqa: S603 (ours)
        try:
            while not socket.exists():
                if server.poll() is not None:
                    raise RuntimeError(f"the server of warm processes ended with status {server.returncode}")
                time.sleep(PAUSE)
            yield Server(socket)
        finally:
            server.communicate(timeout=SECONDS_TO_END)
