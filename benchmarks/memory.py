"""The memory of a process and all that it starts, as Linux counts it for the user.

The proportional set size counts a page that several processes share once, divided among them, so that sums are right.
"""

import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from stamps import TAIL, environment_with, family

from robustop_plugin.runner.process import RunFailed

POLL_SECONDS = 0.25
"""Reading the memory of a process takes it some milliseconds."""
GIBIBYTE = 1 << 30
KIBIBYTE = 1 << 10


class Observed(NamedTuple):
    """A process that succeeded.

    Attributes:
        seconds: Its duration.
        peak: Largest memory of all its processes together, in bytes.
    """

    seconds: float
    peak: int


def observe(command: Sequence[str], log: Path, **environment: str) -> Observed:
    """Run a process to its end, and watch its memory.

    Args:
        command: Command to run.
        log: File for what it prints.
        environment: Additional environment variables.

    Raises:
        RunFailed: The exit status was not 0.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    started, peak = time.perf_counter(), 0
    with log.open("w", encoding="utf-8") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, env=environment_with(environment))
        while process.poll() is None:
            peak = max(peak, sum(proportional_bytes(found) for found in family(process.pid)))
            time.sleep(POLL_SECONDS)
    if process.returncode != 0:
        tail = "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-TAIL:])
        raise RunFailed(f"{' '.join(command)} ended with status {process.returncode}; {log} ends:\n{tail}")
    return Observed(time.perf_counter() - started, peak)


def proportional_bytes(process: int) -> int:
    """Return the proportional set size of a process; 0 if it has ended."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * KIBIBYTE for line in lines if line.startswith("Pss:"))
