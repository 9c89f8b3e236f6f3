"""A folder in which the commands of a page are run, a shell, and the exchange of the bridge's tests for examples."""

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.bridge.conftest import database, host, loopback
from tests.conftest import ROOT
from tests.support import warm

__all__ = ["Shell", "database", "host", "loopback"]

Shell = Callable[[str], str]
SECONDS_TO_START = 60


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """Return a folder that holds what a clone holds, as far as commands use it."""
    shutil.copy(ROOT / "config.json", tmp_path)
    shutil.copytree(ROOT / "strategies", tmp_path / "strategies", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "user_data").mkdir()
    shutil.copy(ROOT / "user_data" / "offline.json", tmp_path / "user_data")
    shutil.copytree(ROOT / "docs" / "pictures", tmp_path / "docs" / "pictures")
    return tmp_path


@pytest.fixture
def shell(desk: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """Return a function from a command to what it prints; what is left in the background ends with the test."""
    folders = [str(warm.write_programs(tmp_path_factory.mktemp("warm") / "bin")), str(warm.BIN), os.environ["PATH"]]
    environment = {**os.environ, "PATH": os.pathsep.join(folders), "COLUMNS": "120"}
    started: list[subprocess.Popen[str]] = []

    def run(command: str) -> str:
        if command.endswith("&"):
            log = (desk / f"background-{len(started)}.log").open("w+")
            words = command.removesuffix("&").split()
            started.append(subprocess.Popen(words, cwd=desk, env=environment, stdout=log, stderr=log, text=True))
            wait_for_url(Path(log.name), started[-1])
            return ""
        done = subprocess.run(
            ["bash", "-c", command], cwd=desk, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{command}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
        return done.stdout + done.stderr

    yield run
    for process in started:
        process.terminate()
        process.wait()


def wait_for_url(log: Path, process: subprocess.Popen[str]) -> None:
    """Wait until a server has said where it answers."""
    deadline = time.monotonic() + SECONDS_TO_START
    while "http://" not in log.read_text():
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.1)
