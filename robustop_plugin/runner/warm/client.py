"""Asks the server of warm processes to start a program; imports little, as `main` stands for the program.

`main` has the program's streams, folder, environment and exit status, and passes signals on.
"""

import json
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

PASSED_ON = (signal.SIGINT, signal.SIGTERM)
FOLDERS = "PYTHONPATH"
"""Environment variable: folders of modules, which come after the folder of the program."""


def folders_of(environment: Mapping[str, str]) -> list[str]:
    """Return the folders of modules that an environment names."""
    return [folder for folder in environment.get(FOLDERS, "").split(os.pathsep) if folder]


class WarmProcess:
    """A process that the server has forked.

    Attributes:
        args: the program and its arguments.
        pid: the number of the process.
        returncode: its exit status, negative after a signal; None while it runs.
    """

    def __init__(
        self, server: str, args: Sequence[str], streams: Sequence[int], folder: str, environment: Mapping[str, str]
    ) -> None:
        """Start it.

        Args:
            server: path of the server's socket.
            args: a program and its arguments.
            streams: descriptors of its input, output and errors.
            folder: its working directory.
            environment: its environment.
        """
        self.args = list(args)
        self.returncode: int | None = None
        self._connection = socket.socket(socket.AF_UNIX)
        self._connection.connect(server)
        request = {"arguments": self.args, "folder": folder, "environment": dict(environment)}
        message = json.dumps(request).encode() + b"\n"
        sent = socket.send_fds(self._connection, [message], list(streams))
        self._connection.sendall(message[sent:])
        self.pid = self._number()

    def _number(self) -> int:
        """Return the next line that the server sends: a number."""
        line = b""
        while not line.endswith(b"\n"):
            byte = self._connection.recv(1)
            if not byte:
                raise RuntimeError(f"the server of warm processes has ended before {self.args}")
            line += byte
        return int(line)

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end and return its exit status."""
        if self.returncode is None:
            if not select.select([self._connection], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(self.args, timeout or 0)
            self.returncode = self._number()
            self._connection.close()
        return self.returncode

    def poll(self) -> int | None:
        """Return its exit status, or None while it runs."""
        if self.returncode is None and select.select([self._connection], [], [], 0)[0]:
            self.wait()
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)


def main(server: str, program: str) -> None:
    """Be the program: end as it ends."""
    process = WarmProcess(server, [program, *sys.argv[1:]], [0, 1, 2], str(Path.cwd()), os.environ)
    for number in PASSED_ON:
        signal.signal(number, lambda number, _: process.send_signal(number))
    status = process.wait()
    if status < 0:
        signal.signal(-status, signal.SIG_DFL)
        os.kill(os.getpid(), -status)
    sys.exit(status)
