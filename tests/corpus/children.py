"""Runs a function in a forked process with a time limit: foreign code may hang, crash, or reach for the network."""

import multiprocessing
import os
import socket
import subprocess
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any, NamedTuple, NoReturn

FORK = multiprocessing.get_context("fork")
SECONDS_TO_END = 5


class Outcome(NamedTuple):
    """How a call in a child process ended.

    Attributes:
        value: what it returned; None if it failed.
        failure: why it failed; None if it did not.
    """

    value: Any
    failure: str | None


def call(function: Callable[..., Any], *arguments: Any, seconds: float, folder: str) -> Outcome:
    """Call a function in a forked process, in a working folder, and return what it returned."""
    receiver, sender = FORK.Pipe(duplex=False)
    child = FORK.Process(target=_child, args=(sender, folder, function, arguments))
    child.start()
    sender.close()
    try:
        outcome = receiver.recv() if receiver.poll(seconds) else Outcome(None, f"took longer than {seconds:g} s")
    except EOFError:
        child.join(SECONDS_TO_END)
        outcome = Outcome(None, f"the process died with {child.exitcode}")
    finally:
        child.kill()
        child.join()
        receiver.close()
    return outcome


def _child(sender: Connection, folder: str, function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    os.chdir(folder)
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)
    _shut_in()
    try:
        outcome = Outcome(function(*arguments), None)
    except BaseException as error:  # noqa: BLE001 (foreign code raises anything, SystemExit too)
        outcome = Outcome(None, _reason(error))
    sender.send(outcome)
    sender.close()
    os._exit(0)  # whatever foreign code left running


def _shut_in() -> None:
    """Refuse connections and processes: strategies of strangers load models, send messages, and install packages."""

    def refuse(*_: Any, **__: Any) -> NoReturn:
        raise OSError("a strategy of the corpus may not reach out")

    for owner, name in ((socket.socket, "connect"), (os, "system"), (subprocess.Popen, "__init__")):
        setattr(owner, name, refuse)


def _reason(error: BaseException) -> str:
    """Return an error in one line, with the place in which it was raised."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" ({os.path.basename(frames[-1].filename)}:{frames[-1].lineno})" if frames else ""  # noqa: PTH119
    return " ".join(f"{type(error).__name__}: {error}{place}".split())[:500]
