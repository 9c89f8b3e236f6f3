"""Lives of real live bots in which nothing is wrong, each watched by a real `robustop monitor`: it has to find nothing.

    python -m tests.operate.clean_runs --runs 10

Spot and perpetuals in turns, long and short: entry, breakeven, a part, a trail that follows, the exit at the stop.
Exit status 0 if nothing was found, else 1.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.support.bot import Bot, move_price
from tests.support.kept_stops import PERPETUAL, SPOT, fills, stops, trading
from tests.support.monitored import configs, watched

ENTRY = 60000
PATH = (0.5, -0.5, 1.0, 2.3, 1.9, 3.0, 4.3, 5.0, 6.5, 8.2, 7.9)
"""Profit in percent of the entry, with R at 2 percent: beyond breakeven, a part, and trails."""
PAUSE = 1.0
MINUTES = 0.5
INTERVAL = 0.5
"""Seconds between two looks."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="python -m tests.operate.clean_runs", description=__doc__)
    parser.add_argument("--runs", type=int, default=10, help="How many lives.")
    runs, good = parser.parse_args(arguments).runs, 0
    for number in range(runs):
        futures, side = number % 2 == 1, "short" if number % 4 == 1 else "long"
        report, status = watched_life(side, futures=futures)
        found = [(finding["name"], finding["sentence"]) for finding in report["findings"]]
        good += status == 0 and not found and report["looks"] > 1
        market = "perpetual" if futures else "spot"
        show(f"run {number + 1}: {market} {side}, {report['looks']} looks, status {status}, found {found or 'nothing'}")
    show(f"{good} of {runs} runs with nothing found")
    return 0 if good == runs else 1


def watched_life(side: str, *, futures: bool) -> tuple[Any, int]:
    """Return the report of the monitor of one life, and its exit status."""
    with (
        tempfile.TemporaryDirectory(prefix="clean-run-") as folder,
        trading() as (venue, url),
        watched(venue, url, Path(folder), futures=futures, partials=[[2.0, 0.5]]) as bot,
    ):
        words = [word for config in configs(bot) for word in ("--config", str(config))]
        options = ["--duration", f"{MINUTES}", "--interval", f"{INTERVAL}", "--json"]
        command = [str(Path(sys.executable).with_name("robustop")), "monitor", *options, *words]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=folder) as process:
            live(bot, url, PERPETUAL if futures else SPOT, side)
            printed, _ = process.communicate(timeout=120)
    return json.loads(printed), process.returncode


def live(bot: Bot, url: str, pair: str, side: str) -> None:
    """Enter, follow the path, and leave at the stop."""
    sign = 1 if side == "long" else -1
    leverage = {"side": side, "leverage": 2} if pair == PERPETUAL else {}
    bot.rest("/forceenter", "POST", {"pair": pair, **leverage})
    bot.eventually(lambda: stops(url), "the first stop")
    for percent in PATH:
        move_price(url, pair, ENTRY * (1 + sign * percent / 100))
        time.sleep(PAUSE)
    bot.eventually(lambda: len(fills(url)) == len(("entry", "part")), "the part")
    move_price(url, pair, ENTRY * (1 + sign * 3 / 100))
    bot.eventually(lambda: not bot.rest("/status"), "the exit")


def show(text: str) -> None:
    """Print a line at once."""
    print(text, flush=True)  # noqa: T201 (a command)


if __name__ == "__main__":
    sys.exit(main())
