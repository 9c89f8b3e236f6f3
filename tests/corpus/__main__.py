"""Runs load, check, neutrality, and dominance over a folder of strategies: `python -m tests.corpus DIR`."""

import argparse
import json
import logging
import multiprocessing
import os
import signal
import sys
import tempfile
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import partial
from pathlib import Path
from typing import Any

from tests.corpus.candles import build_datadir
from tests.corpus.discover import ORDERS, StrategyFile, strategy_files
from tests.corpus.examine import ACTING, FEWEST_TRADES, PARTS, STAGES, Task, examine
from tests.corpus.exchanges import spot_and_futures
from tests.corpus.report import HEADER, read_rows, summary, table_line


def main(arguments: Sequence[str] | None = None) -> int:
    """Examine the strategies, print a table and a summary; 1 if one of them is not neutral or not dominant."""
    options = _parser().parse_args(arguments)
    if options.data is None:
        show("error: the corpus needs real candles: set ROBUSTOP_DATA to a folder of Freqtrade feather files")
        return 2
    logging.disable(logging.INFO)
    rows = read_rows(options.out)
    known = {(row["file"], row["class"], row["order"]) for row in rows}
    files = [file for file in strategy_files(options.folder) if options.only in (None, file.name)]
    if options.enough is not None:
        enough = {row["file"] for row in read_rows(options.enough) if row.get("trades", 0) >= FEWEST_TRADES}
        files = [file for file in files if str(file.path) in enough]
    files = files[: options.limit]
    left = [file for file in files if (str(file.path), file.name, options.order) not in known]
    show(f"{len(files)} strategies in {options.folder}, {len(left)} left to examine; rows go to {options.out}")
    with tempfile.TemporaryDirectory(prefix="robustop-corpus-") as temporary:
        folder = Path(temporary)
        task = _task_of(options, build_datadir(options.data, folder / "data"), folder)
        show(HEADER)
        with options.out.open("a", encoding="utf-8") as out:
            for row in _rows(task, left, options.jobs):
                out.write(json.dumps(row) + "\n")
                out.flush()
                rows.append(row)
                show(f"{table_line(row)}  [{len(rows)}/{len(files)}]")
    wanted = {(str(file.path), file.name, options.order) for file in files}
    rows = [row for row in rows if (row["file"], row["class"], row["order"]) in wanted]
    show("\n" + "\n".join(summary(rows)))
    found = [row[name] for row in rows for name in ("neutral", "dominant") if name in row]
    return int(any(not verdict["good"] and verdict.get("steady", True) for verdict in found))


def _task_of(options: argparse.Namespace, datadir: Path, folder: Path) -> Task:
    acting = PARTS if options.partials else ACTING
    hosts = spot_and_futures(datadir, folder)
    return Task(hosts, options.order, options.seconds, options.timerange, folder, options.stage, acting)


show = partial(print, flush=True)
_task: list[Task] = []


def _rows(task: Task, files: list[StrategyFile], jobs: int) -> Iterable[dict[str, Any]]:
    """Yield rows as they are done; the workers are forks, which share the exchanges."""
    _task[:] = [task]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    pool = ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("fork"))
    try:
        futures = [pool.submit(_examine, file) for file in files]
        for future in as_completed(futures):
            yield future.result()
    finally:  # an interrupted run ends after the strategies in hand
        pool.shutdown(cancel_futures=True)


def _examine(file: StrategyFile) -> dict[str, Any]:
    return examine(_task[0], file)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make corpus", description=__doc__)
    parser.add_argument("folder", type=Path, help="folder of strategies, searched with its subfolders")
    parser.add_argument("--jobs", type=int, default=2, help="strategies examined at the same time (default: 2)")
    parser.add_argument("--limit", type=int, help="examine only the first so many")
    parser.add_argument("--only", metavar="NAME", help="examine only the strategy of this name")
    parser.add_argument("--seconds", type=float, default=120, help="limit of each backtest (default: 120)")
    parser.add_argument("--timerange", help="time range of every backtest (default: depends on the timeframe)")
    parser.add_argument("--order", choices=ORDERS, default="mixin first", help="order of the classes")
    parser.add_argument("--stage", choices=STAGES, default="all", help="go no further than this (default: all)")
    parser.add_argument(
        "--enough", metavar="ROWS", type=Path, help="examine only what made enough trades in an earlier run's rows"
    )
    parser.add_argument("--partials", action="store_true", help="sell parts beside the stop that acts")
    parser.add_argument("--out", type=Path, default=Path("corpus.jsonl"), help="file of rows; a run is resumed from it")
    data = os.environ.get("ROBUSTOP_DATA")
    parser.add_argument("--data", type=Path, default=data and Path(data), help="candles (default: ROBUSTOP_DATA)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
