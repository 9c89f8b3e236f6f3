"""Processes that the tests start without their imports behave as those that are started as always."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from robustop_plugin.runner.warm import client
from robustop_plugin.venue.market import write_market
from tests.support import warm

CASE = (
    '{"side": "long", "entry": 100, "initial_stop": 90, "tick_size": 1, "ticks": [{"t": 1, "price": 1}], "settings": '
)
ROBUSTOP = str(warm.BIN / "robustop")


def both(command: Sequence[str], **options: Any) -> list[tuple[int, str, str]]:
    """Return exit status, output and errors of a command that is started in both ways."""
    options = {"capture_output": True, "text": True, **options}
    runs = [run(command, **options) for run in (warm.run, subprocess.run)]
    return [(ran.returncode, ran.stdout, ran.stderr) for ran in runs]


@pytest.mark.parametrize(
    "command",
    [
        [str(warm.BIN / "freqtrade"), "backtesting", "--nonsense"],
        [ROBUSTOP, "sweep", "--help"],
        [ROBUSTOP, "check", "--config", "missing.json", "--strategy", "Missing"],
    ],
    ids=lambda command: command[-1],
)
def test_output_and_status_are_the_same(command: list[str], tmp_path: Path) -> None:
    """Folder, environment, output, errors and exit status are those of the command itself."""
    warmly, coldly = both(command, cwd=tmp_path, env={**os.environ, "COLUMNS": "77"})
    assert warmly == coldly


def test_a_shell_finds_them(tmp_path: Path) -> None:
    """Input, output and exit status go through the programs on a shell's path."""
    programs = warm.write_programs(tmp_path / "bin")
    script = f"echo '{CASE}{{}}}}' | robustop simulate --table; echo $?; robustop nonsense 2>&1; echo $?"
    ran = [
        subprocess.run(
            ["bash", "-c", script], env={**os.environ, "PATH": path}, capture_output=True, text=True, check=True
        )
        for path in (f"{folder}{os.pathsep}{os.environ['PATH']}" for folder in (programs, warm.BIN))
    ]
    assert ran[0].stdout == ran[1].stdout
    assert "trailing" in ran[0].stdout or "stop" in ran[0].stdout


def test_code_runs_as_in_an_interpreter_of_its_own() -> None:
    """Arguments, names and output are those of `python -c`; a process leaves nothing to the next one."""
    code = "import sys; sys.modules[sys.argv[1]] = sys; print(__name__, sys.argv, 'left' in sys.modules)"
    cold = subprocess.run([sys.executable, "-c", code, "left"], capture_output=True, text=True, check=True).stdout
    assert [warm.run_code(code, "left") for _ in range(2)] == [cold] * 2
    with pytest.raises(AssertionError):
        warm.run_code("raise SystemExit(3)")


def test_a_file_runs_as_in_an_interpreter_of_its_own(tmp_path: Path) -> None:
    """Modules are found beside the file, then in the folders that the environment names."""
    for folder, name in (("beside", "near"), ("beside", "both"), ("named", "far"), ("named", "both")):
        (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / folder / f"{name}.py").write_text(f"FOUND = {folder!r}")
    file = tmp_path / "beside" / "file.py"
    file.write_text("import both, far, near, sys; print(__name__, sys.argv, [m.FOUND for m in (both, far, near)])")
    folders = os.pathsep.join([str(tmp_path / "named"), *client.folders_of(os.environ)])
    command = [sys.executable, str(file), "word"]
    assert warm.program_of(command) is not None
    warmly, coldly = both(command, env={**os.environ, "PYTHONPATH": folders})
    assert warmly == coldly
    assert "['beside', 'named', 'beside']" in warmly[1]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_signal_ends_them(tmp_path: Path, number: signal.Signals) -> None:
    """A process has a number of its own, runs until a signal reaches it, and the signal is its exit status."""
    write_market(tmp_path / "candles", days=1)
    log = tmp_path / "log"
    with log.open("wb") as output:
        process = warm.start([ROBUSTOP, "venue", "--datadir", str(tmp_path / "candles"), "--port", "0"], output)
    assert isinstance(process, warm.WarmProcess)
    while b"http://" not in log.read_bytes():
        assert process.poll() is None, log.read_text()
    os.kill(process.pid, 0)
    process.send_signal(number)
    assert process.wait(timeout=60) in (-number, 0)
    with pytest.raises(ProcessLookupError):
        os.kill(process.pid, 0)


def test_what_an_interpreter_reads_at_its_start_is_heeded() -> None:
    """A command with another environment for Python is started as always."""
    assert not warm.starts_alike({**os.environ, "PYTHONUTF8": "0"})
    assert warm.starts_alike(os.environ)
    assert warm.program_of([sys.executable, "-c", "print()"]) is None
