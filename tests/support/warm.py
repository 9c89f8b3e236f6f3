"""Starts `freqtrade` and `robustop` without waiting for their imports, by way of the server of warm processes.

What is started is a process of its own. A command whose environment differs in what Python reads when it starts is
started as always.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any, BinaryIO, cast

from robustop_plugin.runner import process
from robustop_plugin.runner.warm import client
from robustop_plugin.runner.warm.client import WarmProcess

PROGRAMS = ("freqtrade", "robustop")
"""What the server can run."""
ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
STARTING = ("PYTHON", "LC_", "LANG", "NUMBA_", "OMP_", "COVERAGE")
"""Beginnings of the names of variables that only a new interpreter heeds."""
SCRIPT = """
import runpy, sys
from pathlib import Path
del sys.argv[0]
sys.path.insert(0, str(Path(sys.argv[0]).parent))
runpy.run_path(sys.argv[0], run_name="__main__")
"""
"""Runs a file as an interpreter does; its name is the first argument."""
PAUSE = 0.02  # seconds between looks for the server's socket

Process = WarmProcess | subprocess.Popen[Any]
_given: list[str] = []


def use(server: str | None = None) -> None:
    """Have robustop start Freqtrade through the server at a socket, or through this process's own."""
    _given[:] = [server] if server else []
    process.subprocess = SimpleNamespace(run=run, STDOUT=subprocess.STDOUT)  # type: ignore[assignment]


@cache
def _own_server() -> str:
    """Start this process's server; it ends when its standard input is closed."""
    path = Path(tempfile.mkdtemp(prefix="warm-")) / "socket"
    command = [sys.executable, "-m", "tests.support.warm_server", str(path)]
    server = subprocess.Popen(command, stdin=subprocess.PIPE, cwd=ROOT)
    while not path.exists():
        assert server.poll() is None, "the server of warm processes did not start"
        time.sleep(PAUSE)
    return str(path)


def _server() -> str:
    return _given[0] if _given else _own_server()


def program_of(command: Sequence[str]) -> list[str] | None:
    """Return a program that the server runs and its arguments; None for any other command."""
    for program in PROGRAMS:
        for beginning in ([sys.executable, "-m", program], [str(BIN / program)]):
            if list(command[: len(beginning)]) == beginning:
                return [program, *command[len(beginning) :]]
    if command[0] == sys.executable and command[1].endswith(".py"):
        return ["-c", SCRIPT, *command[1:]]
    return None


def starts_alike(environment: Mapping[str, str]) -> bool:
    """Return True if Python would start in an environment as it has started here; more folders of modules may come."""
    mine, theirs = (
        {name: of[name] for name in of if name.startswith(STARTING) and name != client.FOLDERS}
        for of in (os.environ, environment)
    )
    known, found = (client.folders_of(of) for of in (os.environ, environment))
    return mine == theirs and found[len(found) - len(known) :] == known


def start(
    command: Sequence[str],
    output: BinaryIO,
    errors: BinaryIO | None = None,
    *,
    cwd: str | Path | None = None,
    env: Mapping[str, str] | None = None,
) -> Process:
    """Start a command that writes to files; errors go where the output goes if they have no file of their own."""
    environment = os.environ if env is None else env
    program = program_of(command) if starts_alike(environment) else None
    errors = output if errors is None else errors
    if program is None:
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=errors, cwd=cwd, env=environment
        )
    with Path(os.devnull).open("rb") as nothing:
        streams = [nothing.fileno(), output.fileno(), errors.fileno()]
        return WarmProcess(_server(), program, streams, str(cwd or Path.cwd()), environment)


def run(command: Sequence[str], **options: Any) -> "subprocess.CompletedProcess[Any]":
    """Run a command to its end; options are those of `subprocess.run`, as far as tests use them."""
    captured, text = options.get("capture_output", False), options.get("text", False)
    if options.keys() - {"stdout", "stderr", "capture_output", "text", "check", "cwd", "env"}:
        return subprocess.run(command, **options)  # noqa: PLW1510 (among the options)
    with tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as complained:
        files = (said, complained) if captured else (_binary(options["stdout"]), None)
        status = start(command, *files, cwd=options.get("cwd"), env=options.get("env")).wait()
        output, errors = (_content(file, text=text) if captured else None for file in (said, complained))
    if options.get("check") and status != 0:
        raise subprocess.CalledProcessError(status, list(command), output, errors)
    return subprocess.CompletedProcess(list(command), status, output, errors)


def run_code(code: str, *arguments: str) -> str:
    """Run Python code in a process of its own, like `python -c`, and return what it prints."""
    with tempfile.TemporaryFile() as said, Path(os.devnull).open("rb") as nothing:
        streams = [nothing.fileno(), said.fileno(), 2]
        status = WarmProcess(_server(), ["-c", code, *arguments], streams, str(Path.cwd()), os.environ).wait()
        printed: str = _content(said, text=True)
    assert status == 0, printed
    return printed


def _binary(stream: Any) -> BinaryIO:
    return cast("BinaryIO", getattr(stream, "buffer", stream))


def _content(file: Any, *, text: bool) -> Any:
    file.seek(0)
    content = file.read()
    return content.decode() if text else content


def write_programs(folder: Path) -> Path:
    """Write the programs as a shell finds them, and return their folder, which belongs in front of PATH."""
    folder.mkdir()
    for program in PROGRAMS:
        lines = [
            f"#!{sys.executable} -IS",
            f"import sys; sys.path.insert(0, {str(Path(client.__file__).parent)!r})",
            f"import client; client.main({_server()!r}, {program!r})",
        ]
        (folder / program).write_text("\n".join(lines) + "\n")
        (folder / program).chmod(0o755)
    return folder
