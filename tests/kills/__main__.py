"""Kills bots at random points of a life, starts them again, and compares each life with the one without a kill.

A real `freqtrade trade` process with live orders plays a few minutes of a position at the loopback Binance: entry,
stop, breakeven, two partial exits, exit. At a point that the unkilled life has passed, the process gets SIGKILL. It is
started again, plays the life to its end, and stop, best, phase, sold rungs, fills and audit have to be the same. Each
fourth bot is killed again while it recovers.

    python -m tests.kills                          1,000 kills, half of them on each database
    python -m tests.kills --kills 40 --seed 3      forty kills, drawn with another seed
    python -m tests.kills --only spot-long         lives whose name contains a text
    python -m tests.kills --life spot-long-bot-sqlite --point 'first rung: after commit orders trades#1'
                                                   one kill at one point
    python -m tests.kills --life spot-long-bot-sqlite --points
                                                   the points that a life passes

The same seed draws the same points. Results go to a file per seed, and what it has is not repeated: an interrupted run
goes on. What a bot that has not recovered leaves (log, findings, records) is kept in a folder beside that file.
Exit status: 0 if all recovered, 1 if not, 2 if the run was not possible, 130 if it was interrupted.
"""

import argparse
import json
import shutil
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

from robustop_plugin.rehearsal.signals import ended_by_signals
from robustop_plugin.runner.run import quiet_log
from tests.kills.life import Variant, variants
from tests.kills.report import read_rows, row_of, table
from tests.kills.theatre import Kill, Result, Theatre, draw, second_of, theatre
from tests.support import postgres

FOLDER = Path(__file__).parents[2] / "user_data" / "kills"
KILLS, SEED = 1000, 19
DATABASES = {"both": ("sqlite", "postgres"), "sqlite": ("sqlite",), "postgres": ("postgres",)}
MINUTE = 60
INTERRUPTED = 130
"""Exit status, as a shell has it after Ctrl-C."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command."""
    options = _parser().parse_args(arguments)
    lives = lives_of(options)
    if not lives:
        show("error: no life has such a name; a name is like spot-long-exchange-postgres")
        return 2
    needs_postgres = any(life.database == "postgres" for life in lives)
    if needs_postgres and postgres.programs() is None:
        show("error: PostgreSQL is missing: apt-get install postgresql, or give --database sqlite")
        return 2
    try:
        with (
            TemporaryDirectory(prefix="kills-") as folder,
            quiet_log(),
            ended_by_signals(),
            theatre(Path(folder), with_postgres=needs_postgres) as stage,
        ):
            if options.points:
                return show_points(stage, lives)
            if options.point:
                return kill_once(stage, Kill(0, lives[0], options.point, options.again), options.folder)
            return kill_many(stage, lives, options)
    except KeyboardInterrupt:
        show("interrupted; every bot and the database server have ended, and the same command goes on")
        return INTERRUPTED


def lives_of(options: argparse.Namespace) -> list[Variant]:
    """Return the lives that are played."""
    databases = DATABASES["both"] if options.life else DATABASES[options.database]
    every = [life for pair in zip(*map(variants, databases), strict=True) for life in pair]
    if options.life:
        return [life for life in every if life.name == options.life]
    return [life for life in every if options.only in life.name]


def show_points(stage: Theatre, lives: list[Variant]) -> int:
    """Show the points that lives pass, in order, with their occurrences."""
    for life in lives:
        counts = Counter(stage.reference(life).points)
        show(f"{life.name}: {counts.total()} points of {len(counts)} names")
        for point, count in counts.items():
            show(f"{count:5} {point}")
    return 0


def kill_once(stage: Theatre, kill: Kill, folder: Path) -> int:
    """Kill a life at one point and show what came of it."""
    result = stage.try_kill(kill, folder / "one")
    if not result.reached:
        show(f"{kill.variant.name} does not pass {kill.point}: --points lists what it passes")
        return 2
    show_result(result)
    return int(bool(result.findings))


def kill_many(stage: Theatre, lives: list[Variant], options: argparse.Namespace) -> int:
    """Kill as often as it is wanted, write each result, and show the table."""
    path = options.folder / f"seed-{options.seed}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    if options.fresh:
        path.unlink(missing_ok=True)
        shutil.rmtree(options.folder / f"seed-{options.seed}", ignore_errors=True)
    names = {life.name for life in lives}
    rows = [row for row in read_rows(path) if row["variant"] in names and row["number"] < options.kills]
    done = {row["number"] for row in rows}
    show(f"seed {options.seed}: {options.kills} kills in {len(lives)} lives, {len(done)} of them done; {path}")
    began = monotonic()
    with path.open("a", encoding="utf-8") as out:
        for count, result in enumerate(kills(stage, lives, options, done), start=1):
            if result.reached:
                rows.append(row_of(result))
                out.write(json.dumps(rows[-1]) + "\n")
                out.flush()
            pace = count / (monotonic() - began) * MINUTE
            show_result(result, f"{len(rows)} of {options.kills}, {pace:.0f} a minute")
    rows.sort(key=lambda row: row["number"])
    show("\n".join(["", *table(rows)]))
    for row in rows:
        if row["findings"]:
            again = f" --again '{row['again']}'" if row["again"] else ""
            show(f"not recovered: --life {row['variant']} --point '{row['point']}'{again}\n    {row['findings'][0]}")
    return int(any(row["findings"] for row in rows) or len(rows) < options.kills)


def kills(stage: Theatre, lives: list[Variant], options: argparse.Namespace, done: set[int]) -> Iterator[Result]:
    """Yield the results of the kills that are left, as they end."""
    wanted = [number for number in range(options.kills) if number not in done]

    def kill(number: int) -> Result:
        life = lives[number % len(lives)]
        points = stage.reference(life).points
        place = number // len(lives)
        seed = f"{options.seed} {life.name}"
        point, again = draw(seed, points, place + 1)[place], second_of(seed, place)
        kept = options.folder / f"seed-{options.seed}" / f"{number:04d}"
        return stage.try_kill(Kill(number, life, point, again), kept)

    with ThreadPoolExecutor(options.jobs, "kill") as pool:
        futures = [pool.submit(kill, number) for number in wanted]
        try:
            for future in as_completed(futures):
                yield future.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def show_result(result: Result, progress: str = "") -> None:
    """Show a line about a kill, and what is wrong."""
    kill = result.kill
    verdict = "not passed" if not result.reached else "not recovered" if result.findings else "recovered"
    where = f"{kill.point}, then {kill.again}" if result.kills > 1 else kill.point
    show(f"{progress:<28} {verdict:<13} {kill.variant.name:<30} {where} (lost: {result.lost or '-'})")
    for finding in result.findings:
        show(f"    {finding}")


def show(text: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.kills", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=KILLS, help=f"how many ({KILLS})")
    parser.add_argument("--seed", default=f"{SEED}", help=f"draws the points ({SEED})")
    parser.add_argument("--jobs", type=int, default=2, help="lives that are played at the same time (2)")
    parser.add_argument("--database", choices=tuple(DATABASES), default="both", help="of the bots (both in turn)")
    parser.add_argument("--only", default="", metavar="TEXT", help="lives whose name contains it")
    parser.add_argument("--life", metavar="NAME", help="one life, such as futures-short-exchange-postgres")
    parser.add_argument("--point", metavar="POINT#N", help="one kill at the n-th time that a point is passed")
    parser.add_argument("--again", default="", metavar="POINT#N", help="kill it there too once it was started again")
    parser.add_argument("--points", action="store_true", help="show the points that the lives pass, and kill nothing")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="of the results (user_data/kills)")
    parser.add_argument("--fresh", action="store_true", help="forget earlier results of the seed")
    return parser


if __name__ == "__main__":
    sys.exit(main())
