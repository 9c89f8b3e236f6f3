"""The real `robustop sweep` process: time to its first setting, and its rate from then on."""

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ground import Ground
from stamps import follow
from stops import WRITTEN_HERE
from sweeper import OBJECTIVE

FEWEST = 16
"""Settings that fill more than one chunk, so that a rate can be measured."""


def swept_by_command_line(ground: Ground, strategy: str, swept: str, count: int, cache: Path | None) -> dict[str, Any]:
    """Return the figures of one process.

    Args:
        ground: Candles and exchange.
        strategy: Name of the strategy.
        swept: Swept parameter, as written after `--set`.
        count: Number of settings.
        cache: Folder of the machine code; None for the default.

    Raises:
        RunFailed: The process failed.
    """
    folder = ground.folder / "command-line"
    shutil.rmtree(folder, ignore_errors=True)
    command = sweep_command(ground, strategy, [swept], count, 1, folder / "sweep.jsonl")
    followed = follow(command, folder, "sweep.jsonl", **({} if cache is None else {"ROBUSTOP_CACHE": str(cache)}))
    return {
        "settings": count,
        "process_seconds": followed.seconds,
        "seconds_before_the_first": followed.stamps[0].seconds,
        "settings_per_second": followed.rate,
    }


def sweep_command(ground: Ground, strategy: str, swept: Sequence[str], count: int, jobs: int, out: Path) -> list[str]:
    """Return the command of a sweep.

    Args:
        ground: Candles and exchange.
        strategy: Name of the strategy.
        swept: Swept parameters, as written after `--set`.
        count: Number of settings.
        jobs: Number of processes.
        out: File of the table.
    """
    names = [word for text in swept for word in ("--set", text)]
    what = [*ground.words(strategy, WRITTEN_HERE), *names, "--settings", str(count), "--jobs", str(jobs)]
    how = ["--objective", OBJECTIVE, "--min-trades", "1", "--out", str(out), "--no-export"]
    return [str(Path(sys.executable).with_name("robustop")), "sweep", *what, *how]
