"""Runs the benchmark, and starts the processes that it follows, without waiting for their imports.

A followed process is timed from the first line that it writes on, so that its start does not count.
"""

import os
import runpy
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from tests.support import warm

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "bench.py"


def run_bench(*arguments: str) -> "subprocess.CompletedProcess[Any]":
    """Run the benchmark on the embedded market, even if real candles are configured."""
    environment = {name: value for name, value in os.environ.items() if name != "ROBUSTOP_DATA"}
    return warm.run([sys.executable, __file__, *arguments], env=environment, capture_output=True, text=True)


def _started(command: Sequence[str], *, stdout: Any, stderr: Any, env: Mapping[str, str]) -> warm.Process:
    return warm.start(command, stdout.buffer, stderr.buffer, env=env)


if __name__ == "__main__":
    sys.path[0] = str(SCRIPT.parent)
    import stamps  # type: ignore[import-not-found]

    stamps.subprocess = SimpleNamespace(Popen=_started)
    sys.argv[0] = str(SCRIPT)
    runpy.run_path(str(SCRIPT), run_name="__main__")
