"""How long `robustop status` takes with many open trades, beside `freqtrade show-trades` of the same database."""

import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import click
from many_stops import buy, rise
from provenance import commit, machine
from stops import ROOT
from venue_bot import new_candles, venue_bot

WORK = ROOT / "user_data" / "bench"
RISES = 3
"""Loops in which every price makes a new high, so that every stop has moved."""
LIMIT = 1.0
"""Seconds that a look may take, with the start of the interpreter."""
UNPROTECTED = 1
EPILOG = """
\b
Examples:
  python benchmarks/look_at_bot.py
  python benchmarks/look_at_bot.py --positions 20 --rounds 3
  python benchmarks/look_at_bot.py --keep /tmp/hundred.sqlite
"""


@click.command(epilog=EPILOG)
@click.option("--positions", default=100, show_default=True, type=click.IntRange(2, 100), help="Open trades.")
@click.option(
    "--rounds", default=5, show_default=True, type=click.IntRange(min=1), help="Runs of each command, in turns."
)
@click.option("--keep", type=click.Path(dir_okay=False, path_type=Path), help="Keep the database in this file.")
def main(positions: int, rounds: int, keep: Path | None) -> None:
    """Let a live bot at the loopback exchange buy positions and move their stops; then time looks at its database.

    Exit status 0: measured, and a look took less than a second. 1: it took longer.
    """
    WORK.mkdir(parents=True, exist_ok=True)
    database = (keep or WORK / "looked-at.sqlite").absolute()
    write_database(database, positions)
    found = measured(database, rounds)
    click.echo(json.dumps({"positions": positions, **found, "commit": commit(), **machine()}, indent=1))
    if keep is None:
        database.unlink()
    sys.exit(0 if found["status_seconds"] < LIMIT else 1)


def write_database(file: Path, positions: int) -> None:
    """Write the trade database of a live bot whose positions have stops that have moved."""
    with new_candles(WORK, positions) as candles, venue_bot(candles, "RobustopOnExchange", WORK) as bot:
        buy(bot, positions)
        for _ in range(RISES):
            rise(bot)
            bot.loop()
        bot.loop()
        for suffix in ("", "-wal", "-shm"):
            part = bot.database.with_name(bot.database.name + suffix)
            if part.exists():
                shutil.copy(part, file.with_name(file.name + suffix))


def measured(database: Path, rounds: int) -> dict[str, Any]:
    """Return the seconds of both commands, each with the start of its interpreter, and their ratio in each round."""
    folder = Path(sys.executable).parent
    url = f"sqlite:///{database}"
    commands = {
        "status": [str(folder / "robustop"), "status", "--db-url", url],
        "show_trades": [str(folder / "freqtrade"), "show-trades", "--db-url", url],
    }
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    for number in range(rounds):
        for name in list(reversed(commands)) if number % 2 else list(commands):
            seconds[name].append(timed(commands[name]))
    ratios = [ours / theirs for ours, theirs in zip(*seconds.values(), strict=True)]
    return {
        "status_seconds": statistics.median(seconds["status"]),
        "show_trades_seconds": statistics.median(seconds["show_trades"]),
        "ratio": statistics.median(ratios),
        "rounds": seconds,
    }


def timed(command: list[str]) -> float:
    """Return the seconds of a command.

    Raises:
        RuntimeError: it has failed.
    """
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]),
    }
    started = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, cwd=ROOT)
    seconds = time.perf_counter() - started
    if done.returncode not in (0, UNPROTECTED):
        raise RuntimeError(done.stderr)
    return seconds


if __name__ == "__main__":
    main()
