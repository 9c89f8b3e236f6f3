"""Follows a process that appends lines to a file, with the time of each line; the time before the first is excluded."""

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from stops import SAMPLES

from robustop_plugin.runner.process import LOG_COLUMNS, RunFailed

POLL_SECONDS = 0.005
"""Seconds between two checks of the file; times are the file's modification times."""
TAIL = 12


class Stamp(NamedTuple):
    """Number of complete lines, and when they were written, in seconds since the process started."""

    lines: int
    seconds: float


class Followed(NamedTuple):
    """A process that succeeded.

    Attributes:
        stamps: One per observed growth of the file.
        seconds: Duration of the process.
        file: The file that it wrote.
    """

    stamps: list[Stamp]
    seconds: float
    file: Path

    @property
    def rate(self) -> float:
        """Lines per second, from the first observed line to the last."""
        first, last = self.stamps[0], self.stamps[-1]
        return (last.lines - first.lines) / (last.seconds - first.seconds)


def follow(command: Sequence[str], folder: Path, pattern: str, **environment: str) -> Followed:
    """Run a process to its end.

    Args:
        command: Command to run.
        folder: Folder in which it writes; must contain no such files.
        pattern: Pattern of the file name.
        environment: Additional environment variables.

    Raises:
        RunFailed: The exit status was not 0, or there were too few lines for a rate.
    """
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "process.log"
    started = time.time()
    with log.open("w", encoding="utf-8") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, env=environment_with(environment))
        stamps = _stamps(process, folder, pattern, started)
    seconds = time.time() - started
    if process.returncode != 0 or len(stamps) < 2:  # noqa: PLR2004 (a rate needs two)
        tail = "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-TAIL:])
        raise RunFailed(f"{' '.join(command)} ended with status {process.returncode}; {log} ends:\n{tail}")
    return Followed(stamps, seconds, next(folder.glob(pattern)))


def _stamps(process: subprocess.Popen[bytes], folder: Path, pattern: str, started: float) -> list[Stamp]:
    stamps: list[Stamp] = []
    written = 0
    running = True
    while running:
        running = process.poll() is None  # check once more after the end
        for path in folder.glob(pattern):
            moment = path.stat().st_mtime_ns
            lines = path.read_bytes().count(b"\n") if moment != written else 0
            if lines > (stamps[-1].lines if stamps else 0):
                stamps.append(Stamp(lines, moment / 1e9 - started))
            written = moment
        time.sleep(POLL_SECONDS if running else 0)
    return stamps


def environment_with(more: Mapping[str, str]) -> dict[str, str]:
    """Return the environment for a process that imports the strategies."""
    before = os.environ.get("PYTHONPATH")
    paths = [str(SAMPLES), *([before] if before else [])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "COLUMNS": LOG_COLUMNS, **more}
