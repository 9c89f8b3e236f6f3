"""Checks every file of a folder, each in a process of its own: no file can end the others, or keep them waiting."""

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from multiprocessing import get_all_start_methods, get_context
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple

from robustop_plugin.core.errors import InvalidSettings
from robustop_plugin.runner.checks.finding import UNLOADABLE, Finding, Report, one_line
from robustop_plugin.runner.checks.one_file import check_file
from robustop_plugin.runner.checks.request import Request

SECONDS_TO_END = 5.0


class CheckedFile(NamedTuple):
    """The reports about one file.

    Attributes:
        path: The file.
        reports: One report for each strategy; none if the file has no strategy.
    """

    path: Path
    reports: list[Report]


def strategy_files(folder: Path, *, recursive: bool) -> list[Path]:
    """Return the Python files of a folder in which Freqtrade looks for strategies."""
    files = folder.rglob("*.py") if recursive else folder.glob("*.py")
    hidden = ("__", ".")
    return sorted(
        path.resolve()
        for path in files
        if path.is_file() and not any(part.startswith(hidden) for part in path.relative_to(folder).parts)
    )


def check_files(request: Request, files: list[Path], seconds: float, jobs: int) -> Iterator[CheckedFile]:
    """Yield the reports about each file as soon as they are complete.

    Args:
        request: The configuration and the folders.
        files: The files.
        seconds: The longest time for a file.
        jobs: Number of processes at a time.
    """
    context, running = _context(), _Running()
    with ThreadPoolExecutor(jobs) as pool:
        waiting = {pool.submit(_in_a_process, context, request, path, seconds, running): path for path in files}
        try:
            for done in as_completed(waiting):
                yield CheckedFile(waiting[done], done.result())
        finally:
            # After an interruption nothing more is started, and nobody waits for an endless file.
            pool.shutdown(wait=False, cancel_futures=True)
            running.kill_all()


def _context() -> Any:
    """Return how processes are started: from one that has Freqtrade imported, where the system can do that."""
    if "forkserver" not in get_all_start_methods():
        return get_context("spawn")
    context = get_context("forkserver")
    context.set_forkserver_preload([check_file.__module__])
    return context


def _in_a_process(context: Any, request: Request, path: Path, seconds: float, running: "_Running") -> list[Report]:
    """Return the reports about a file, from a process that is killed if it takes too long.

    Args:
        context: How processes are started.
        request: The configuration and the folders.
        path: The file.
        seconds: The longest time.
        running: The processes that run.
    """
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_check_and_send, args=(theirs, request, path, seconds), daemon=True)
    process.start()
    running.add(process)
    theirs.close()
    try:
        if not ours.poll(seconds):
            return _not_loaded(path, f"loading and checking the file took more than {seconds:g} seconds")
        reports: list[Report] = ours.recv()
    except EOFError:
        process.join(SECONDS_TO_END)
        return _not_loaded(path, f"its code ended the process with status {process.exitcode}")
    else:
        return reports
    finally:
        _kill(process)
        process.join(SECONDS_TO_END)
        running.discard(process)
        ours.close()


class _Running:
    """The processes that run, some of which may be about to start when all have to end."""

    def __init__(self) -> None:
        self._processes: set[Any] = set()
        self._ended = False
        self._lock = Lock()

    def add(self, process: Any) -> None:
        """Add a process that has started."""
        with self._lock:
            self._processes.add(process)
            if self._ended:
                _kill(process)

    def discard(self, process: Any) -> None:
        """Forget a process that has ended."""
        with self._lock:
            self._processes.discard(process)

    def kill_all(self) -> None:
        """Kill all processes, also those that are added from now on."""
        with self._lock:
            self._ended = True
            for process in self._processes:
                _kill(process)


def _kill(process: Any) -> None:
    """End a process and those that the user's code may have started in it."""
    with suppress(ProcessLookupError, PermissionError, AttributeError):
        os.killpg(process.pid, signal.SIGKILL)
    process.kill()


def _check_and_send(connection: Connection, request: Request, path: Path, seconds: float) -> None:
    """Check a file in this process, whose output is discarded."""
    if hasattr(os, "setsid"):
        os.setsid()
        # Ends an endless file even if the process that waits for it has died.
        signal.setitimer(signal.ITIMER_REAL, seconds + SECONDS_TO_END)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    try:
        reports = check_file(request, path)
    except InvalidSettings as error:
        reports = _not_loaded(path, str(error))
    except BaseException as error:  # noqa: BLE001 (whatever the user's code raises is a finding)
        reports = _not_loaded(path, f"{type(error).__name__}: {one_line(error)}")
    connection.send(reports)


def _not_loaded(path: Path, reason: str) -> list[Report]:
    return [Report("", str(path), [Finding("strategy", UNLOADABLE, reason)])]
