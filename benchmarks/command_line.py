"""The real `robustop sweep` process: how long until its first setting, and how fast from then on."""

import shutil
import sys
from pathlib import Path
from typing import Any

from ground import Ground
from stamps import follow
from stops import WRITTEN_HERE
from sweeper import OBJECTIVE

FEWEST = 16
"""Settings that make up more than one chunk, so that there is a rate."""


def swept_by_command_line(ground: Ground, strategy: str, swept: str, count: int, cache: Path | None) -> dict[str, Any]:
    """Return the figures of one process.

    Args:
        ground: candles and exchange.
        strategy: whose settings.
        swept: as `--set` takes it.
        count: of settings.
        cache: folder of the machine code; None for the usual one.

    Raises:
        RunFailed: it failed.
    """
    folder = ground.folder / "command-line"
    shutil.rmtree(folder, ignore_errors=True)
    what = [*ground.words(strategy, WRITTEN_HERE), "--set", swept, "--settings", str(count), "--jobs", "1"]
    how = ["--objective", OBJECTIVE, "--min-trades", "1", "--out", str(folder / "sweep.jsonl"), "--no-export"]
    command = [str(Path(sys.executable).with_name("robustop")), "sweep", *what, *how]
    followed = follow(command, folder, "sweep.jsonl", **({} if cache is None else {"ROBUSTOP_CACHE": str(cache)}))
    return {
        "settings": count,
        "process_seconds": followed.seconds,
        "seconds_before_the_first": followed.stamps[0].seconds,
        "settings_per_second": followed.rate,
    }
