"""Makes a bot be looked at for a time, or once."""

import time
from collections.abc import Callable

from robustop_plugin.operate.monitor.watch import Watch

MARGIN = 0.2
"""Seconds that two looks are farther apart than two loops, for clocks that are read at other moments."""

PAUSES = 3
"""What a second look is the first to see is looked at again, too; but one look does not become a watch."""


def watch_for(watch: Watch, seconds: float, interval: float, after_each: Callable[[], None]) -> None:
    """Look at a bot for a time; a person may end that with Ctrl-C.

    Args:
        watch: what looks.
        seconds: for how long.
        interval: seconds between two looks.
        after_each: called after each look.
    """
    end = time.monotonic() + seconds
    try:
        while True:
            watch.look()
            after_each()
            if time.monotonic() + interval > end:
                return
            time.sleep(interval)
    except KeyboardInterrupt:
        return


def look_once(watch: Watch, after_each: Callable[[], None]) -> None:
    """Look once; if anything is suspicious, look again until it is sure or gone, and if anything failed, once more."""
    pause = 2 * watch.loop + MARGIN
    watch.look()
    after_each()
    patience = max((suspicion.finding.patience for suspicion in watch.suspicions.waiting), default=0.0)
    watch_again_until = time.monotonic() + patience + PAUSES * pause
    try:
        while _is_unsure(watch) and time.monotonic() < watch_again_until:
            time.sleep(pause)
            watch.look()
            after_each()
    except KeyboardInterrupt:
        return


def _is_unsure(watch: Watch) -> bool:
    return bool(watch.suspicions.waiting) or (bool(watch.troubles) and watch.looks == 1)
