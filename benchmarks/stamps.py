"""Follows a process that appends lines to a file, with the time of each line; the time before the first is excluded."""

import os
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from stops import SAMPLES

from robustop_plugin.runner.process import LOG_COLUMNS, RunFailed

POLL_SECONDS = 0.005
"""Seconds between two checks of the file; times are the file's modification times."""
TAIL = 12
CPU_FIELDS = slice(11, 15)
"""User and system time in `/proc/<process>/stat`, then those of children, in clock ticks."""


class Stamp(NamedTuple):
    """A moment at which lines were written.

    Attributes:
        lines: Number of complete lines.
        seconds: Seconds since the process started.
        cpu_seconds: CPU seconds of the process and all that it has started.
    """

    lines: int
    seconds: float
    cpu_seconds: float


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

    @property
    def cpu_rate(self) -> float:
        """The same per CPU second, where that is known; else per second."""
        first, last = self.stamps[0], self.stamps[-1]
        taken = last.cpu_seconds - first.cpu_seconds
        return (last.lines - first.lines) / taken if taken > 0 else self.rate


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
                stamps.append(Stamp(lines, moment / 1e9 - started, cpu_seconds(process.pid)))
            written = moment
        time.sleep(POLL_SECONDS if running else 0)
    return stamps


def cpu_seconds(process: int) -> float:
    """Return the CPU seconds that a process and all that it has started have taken, on Linux; elsewhere 0."""
    ticks = 0
    for number in family(process):
        try:
            line = Path(f"/proc/{number}/stat").read_text(encoding="ascii")
        except OSError:
            continue
        # After the name in parentheses; the last two are of children that have ended.
        ticks += sum(int(value) for value in line.rpartition(")")[2].split()[CPU_FIELDS])
    return ticks / os.sysconf("SC_CLK_TCK")


def family(process: int) -> Iterator[int]:
    """Yield a process and all its descendants that live, by their numbers."""
    yield process
    try:
        tasks = list(Path(f"/proc/{process}/task").iterdir())
        children = [(task / "children").read_text(encoding="ascii") for task in tasks]
    except OSError:
        return
    for child in " ".join(children).split():
        yield from family(int(child))


def environment_with(more: Mapping[str, str]) -> dict[str, str]:
    """Return the environment for a process that imports the strategies."""
    before = os.environ.get("PYTHONPATH")
    paths = [str(SAMPLES), *([before] if before else [])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "COLUMNS": LOG_COLUMNS, **more}
