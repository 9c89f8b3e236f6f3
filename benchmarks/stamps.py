"""A process that writes lines into a file, and when each of them was written: what comes before does not count."""

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from stops import SAMPLES

from robustop_plugin.runner.process import LOG_COLUMNS, RunFailed

POLL_SECONDS = 0.005
"""Between two looks at the file; its own time of writing counts, not that of the look."""
TAIL = 12


class Stamp(NamedTuple):
    """How many whole lines there were, and since when, in seconds since the process was started."""

    lines: int
    seconds: float


class Followed(NamedTuple):
    """A process that ended well.

    Attributes:
        stamps: one for each time the file had more lines.
        seconds: from its start to its end.
        file: that it wrote.
    """

    stamps: list[Stamp]
    seconds: float
    file: Path

    @property
    def rate(self) -> float:
        """Lines per second, from the first that was seen to the last."""
        first, last = self.stamps[0], self.stamps[-1]
        return (last.lines - first.lines) / (last.seconds - first.seconds)


def follow(command: Sequence[str], folder: Path, pattern: str, **environment: str) -> Followed:
    """Run a process to its end.

    Args:
        command: what to run.
        folder: where it writes; it must be empty of such files.
        pattern: of the file's name.
        environment: more variables for it.

    Raises:
        RunFailed: it ended with another status than 0, or wrote too few lines for a rate.
    """
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "process.log"
    started = time.time()
    with log.open("w", encoding="utf-8") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, env=_environment(environment))
        stamps = _stamps(process, folder, pattern, started)
    seconds = time.time() - started
    if process.returncode != 0 or len(stamps) < 2:  # noqa: PLR2004 (between two there is a rate)
        tail = "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-TAIL:])
        raise RunFailed(f"{' '.join(command)} ended with status {process.returncode}; {log} ends:\n{tail}")
    return Followed(stamps, seconds, next(folder.glob(pattern)))


def _stamps(process: subprocess.Popen[bytes], folder: Path, pattern: str, started: float) -> list[Stamp]:
    stamps: list[Stamp] = []
    written = 0
    running = True
    while running:
        running = process.poll() is None  # one more look after the end
        for path in folder.glob(pattern):
            moment = path.stat().st_mtime_ns
            lines = path.read_bytes().count(b"\n") if moment != written else 0
            if lines > (stamps[-1].lines if stamps else 0):
                stamps.append(Stamp(lines, moment / 1e9 - started))
            written = moment
        time.sleep(POLL_SECONDS if running else 0)
    return stamps


def _environment(more: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a process that finds the strategies' own imports."""
    before = os.environ.get("PYTHONPATH")
    paths = [str(SAMPLES), *([before] if before else [])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "COLUMNS": LOG_COLUMNS, **more}
