"""How long `robustop status` takes with many open trades, beside `freqtrade show-trades` of the same database."""

import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

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

    The ratio is that of the processor's seconds in each round. Exit status 0: the quickest look took less than a
    second, by the clock. 1: it took longer.
    """
    WORK.mkdir(parents=True, exist_ok=True)
    database = (keep or WORK / "looked-at.sqlite").absolute()
    write_database(database, positions)
    found = measured(database, rounds)
    click.echo(json.dumps({"positions": positions, **found, "commit": commit(), **machine()}, indent=1))
    if keep is None:
        database.unlink()
    sys.exit(0 if min(run["seconds"] for run in found["rounds"]["status"]) < LIMIT else 1)


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
    runs: dict[str, list[Timed]] = {name: [] for name in commands}
    for number in range(rounds):
        for name in list(reversed(commands)) if number % 2 else list(commands):
            runs[name].append(timed(commands[name]))
    ratios = [ours.cpu / theirs.cpu for ours, theirs in zip(*runs.values(), strict=True)]
    return {
        **{f"{name}_seconds": statistics.median(run.seconds for run in found) for name, found in runs.items()},
        **{f"{name}_cpu_seconds": statistics.median(run.cpu for run in found) for name, found in runs.items()},
        "ratio": statistics.median(ratios),
        "rounds": {name: [run._asdict() for run in found] for name, found in runs.items()},
    }


class Timed(NamedTuple):
    """How long a command took.

    Attributes:
        seconds: by the clock; other work of the machine makes it longer.
        cpu: of the processor.
    """

    seconds: float
    cpu: float


def timed(command: list[str]) -> Timed:
    """Return how long a command takes.

    Raises:
        RuntimeError: it has failed.
    """
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, cwd=ROOT)
    seconds, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in (0, UNPROTECTED):
        raise RuntimeError(done.stderr)
    return Timed(seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


if __name__ == "__main__":
    main()
