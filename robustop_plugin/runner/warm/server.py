"""Starts commands by forking a process that has already imported Freqtrade and robustop.

Importing Freqtrade takes four seconds of a processor. A forked process is as separate as any other: its own number,
files, database connections and signals. `python -m robustop_plugin.runner.warm.server SOCKET` serves `freqtrade`.
"""

import atexit
import io
import json
import os
import random
import select
import signal
import socket
import sys
import threading
import types
from collections.abc import Callable, Mapping
from importlib import import_module as loaded
from pathlib import Path
from typing import Any, NoReturn

from robustop_plugin.runner.warm.client import folders_of

MODULES = (
    "freqtrade.main",
    "freqtrade.freqtradebot",
    "freqtrade.plugins.pairlistmanager",
    "freqtrade.rpc.api_server.webserver",
    "freqtrade.rpc.rpc_manager",
    "freqtrade.worker",
    "robustop_plugin.bridge.mixin",
    "robustop_plugin.bridge.startup.start",
)
"""What a bot imports."""
LONGEST = 1 << 20
STREAMS = 3

Program = Callable[[], object]


def freqtrade() -> object:
    """Be the `freqtrade` command."""
    return loaded("freqtrade.main").main()


PROGRAMS: Mapping[str, Program] = {"freqtrade": freqtrade}
"""What is served, by name."""


def load_bot() -> None:
    """Import what a bot needs."""
    for name in MODULES:
        loaded(name)


def serve(path: str, programs: Mapping[str, Program] = PROGRAMS, prepare: Program = load_bot) -> None:
    """Answer requests until standard input is closed: the client has ended.

    Args:
        path: the socket, which is there before the imports are done; clients wait.
        programs: what can be run; each finds its arguments in `sys.argv`.
        prepare: imports what the programs need.
    """
    import numpy as np  # noqa: PLC0415 (reseeded in each child)

    # Children are reaped by the system.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as listener:
        # Whoever waits for the socket finds it only once it takes connections.
        listener.bind(f"{path}.new")
        listener.listen(64)
        Path(f"{path}.new").rename(path)
        prepare()
        while listener in select.select([listener, sys.stdin], [], [])[0]:
            connection, _ = listener.accept()
            if os.fork() == 0:
                listener.close()
                _supervise(connection, programs, np)
            connection.close()


def _supervise(connection: socket.socket, programs: Mapping[str, Program], np: Any) -> NoReturn:
    """Start one command in a process of its own, and report its number and its exit status."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    message, streams, *_ = socket.recv_fds(connection, LONGEST, STREAMS)
    while not message.endswith(b"\n"):
        message += connection.recv(LONGEST)
    request = json.loads(message)
    child = os.fork()
    if child == 0:
        connection.close()
        _become(request, streams)
        np.random.seed()
        random.seed()
        _run(programs[request["arguments"][0]], request["arguments"])
    for stream in streams:
        os.close(stream)
    connection.sendall(f"{child}\n".encode())
    _, status = os.waitpid(child, 0)
    try:
        connection.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())
    finally:
        os._exit(0)


def _become(request: dict[str, Any], streams: list[int]) -> None:
    """Take over streams, environment and folder; more folders of modules come where Python puts them."""
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    os.closerange(STREAMS, 4096)
    known, found = (folders_of(of) for of in (os.environ, request["environment"]))
    sys.path[1:1] = found[: len(found) - len(known)]
    os.environ.clear()
    os.environ.update(request["environment"])
    os.chdir(request["folder"])
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 (a descriptor)
    sys.stdout, sys.stderr = (_writer(number) for number in (1, 2))
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, signal.default_int_handler if name == signal.SIGINT else signal.SIG_DFL)


def _writer(number: int) -> io.TextIOWrapper:
    binary = open(number, "wb", closefd=False)  # noqa: SIM115 (a descriptor)
    return io.TextIOWrapper(binary, encoding="utf-8", line_buffering=number != 1, write_through=number != 1)


def _run(program: Program, arguments: list[str]) -> NoReturn:
    """Run a program as its script does, and end as Python does."""
    from freqtrade import loggers  # noqa: PLC0415
    from freqtrade.loggers.rich_console import get_rich_console  # noqa: PLC0415

    # Made when it was imported, with another terminal's width.
    loggers.error_console = get_rich_console(stderr=True, color_system=None)
    # Processes that this one starts have nothing to import of the server's.
    sys.modules["__main__"] = types.ModuleType("__main__")
    sys.argv = arguments
    status: object = 0
    try:
        program()
    except SystemExit as ended:
        status = ended.code
    except BaseException:  # noqa: BLE001 (as Python does: printed, and status 1)
        sys.excepthook(*sys.exc_info())
        status = 1
    _end(status)


def _end(status: object) -> NoReturn:
    """Do what Python does at its end."""
    number = status if isinstance(status, int) else int(status is not None)
    if number != status and status is not None:
        sys.stderr.write(f"{status}\n")
    try:
        threading._shutdown()  # type: ignore[attr-defined]  # noqa: SLF001 (what the interpreter calls)
        atexit._run_exitfuncs()  # noqa: SLF001
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(number & 0xFF)


if __name__ == "__main__":
    serve(sys.argv[1])
