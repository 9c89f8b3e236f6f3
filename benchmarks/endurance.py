"""Days of a live bot in minutes: its memory, its database, and its errors.

A `freqtrade trade` process places real orders at a loopback Binance that replays candles much faster than they were
made; bot and exchange keep the real clock. Prices then stand still for a while, in which nothing may be written.
"""

import json
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import click
import pandas as pd
import psutil
import sqlalchemy as sa
from stops import ROOT, WRITTEN_HERE
from venue_bot import PRICING

from robustop_plugin.rehearsal.bot import Bot
from robustop_plugin.rehearsal.exchange import write_candles
from robustop_plugin.rehearsal.folder import api_server
from robustop_plugin.venue.overlay import live, offline_overlay
from robustop_plugin.venue.replay import Replay
from robustop_plugin.venue.server import Venue

WORK = ROOT / "user_data" / "bench"
STRATEGY = "Marathon"
TIMEFRAME = "1m"
STAKE = 200
MOST_GROWTH = 1.1
"""Of the memory, after the first hour."""
STILL_SECONDS = 30
"""How long prices stand still at the end."""
SECONDS_TO_SETTLE = 20
"""After the last price, for what it made due."""
SECONDS_TO_START = 90
MILLION = 1e6
LOG = "freqtrade.log"
ERRORS = ("Traceback", " - CRITICAL - ", "Unexpected error", "Strategy caused", "Unable to exit", "callback failed")
"""What the log says of an exception. Prices that move so fast pass a stop before its order is placed: Freqtrade logs
that refusal as an error of its own, and the bot leaves."""
EPILOG = """
\b
Examples:
  python benchmarks/endurance.py
  python benchmarks/endurance.py --hours 6 --speed 360
  python benchmarks/endurance.py --db-url postgresql+psycopg://me@127.0.0.1/trades?options=-c%20timezone%3DUTC
"""


class Sample(NamedTuple):
    """A look at the bot.

    Attributes:
        hour: Hours of candles that were played.
        memory: Resident memory of the process, in bytes.
        rows: Number of rows of each table.
        written: What tables hold, in characters, beside the number of rows.
    """

    hour: float
    memory: int
    rows: dict[str, int]
    written: int


@click.command(epilog=EPILOG)
@click.option("--hours", default=72.0, show_default=True, type=click.FloatRange(min=1), help="Hours of candles.")
@click.option(
    "--speed", default=240.0, show_default=True, type=click.FloatRange(min=1), help="Candle seconds a second."
)
@click.option("--pairs", default=20, show_default=True, type=click.IntRange(1, 100), help="Pairs.")
@click.option("--db-url", help="An empty trade database; without it, a new SQLite file.")
def main(hours: float, speed: float, pairs: int, db_url: str | None) -> None:
    """Run a live bot through many hours of candles.

    Exit status 0: the memory at the end is at most 1.1 times that after the first hour, nothing was written while
    prices stood still, and the log has no error. 1: one of these is not so.
    """
    WORK.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="endurance-", dir=WORK) as path:
        home = Path(path)
        url = db_url or f"sqlite:///{home / 'trades.sqlite'}?timeout=30"
        with served(home, hours, speed, pairs) as overlay, running(home, overlay, url, pairs) as bot:
            samples = watched(bot, sa.create_engine(url), hours, speed)
            log = (home / LOG).read_text(encoding="utf-8", errors="replace")
    sys.exit(0 if is_sound(samples, log) else 1)


@contextmanager
def served(home: Path, hours: float, speed: float, pairs: int) -> Iterator[dict[str, Any]]:
    """Serve the last hours of candles as a replay; yield the overlay of a live bot."""
    folder = home / "candles"
    folder.mkdir()
    markets = write_candles(folder, TIMEFRAME, pairs, futures=False)[:pairs]
    newest = max(pd.read_feather(file, columns=["date"])["date"].iloc[-1] for file in folder.glob("*.feather"))
    start = newest.to_pydatetime().astimezone(UTC) - timedelta(hours=hours)
    with Venue(markets, folder, Replay(start, speed)).serve() as url:
        yield live(offline_overlay(url, [market.pair for market in markets]))


@contextmanager
def running(home: Path, overlay: dict[str, Any], url: str, pairs: int) -> Iterator[Bot]:
    """Run the bot."""
    config = home / "config.json"
    arguments = ["trade", "--config", str(ROOT / "config.json"), "--config", str(config), "--userdir", str(home)]
    bot = Bot([*arguments, "--strategy", STRATEGY, "--strategy-path", str(WRITTEN_HERE)], home / LOG)
    own = {"max_open_trades": pairs, "stake_amount": STAKE, "db_url": url, "internals": {"process_throttle_secs": 1}}
    pricing = {"entry_pricing": PRICING, "exit_pricing": PRICING}
    server = {"api_server": api_server(bot.port, bot.password)}
    config.write_text(json.dumps({**overlay, **own, **pricing, **server}), encoding="utf-8")
    bot.start()
    try:
        yield bot
    finally:
        bot.kill()


def watched(bot: Bot, database: sa.Engine, hours: float, speed: float) -> list[Sample]:
    """Return looks at the bot: after the first hour and each further tenth, at the end, and after a pause."""
    process = psutil.Process(bot.pid)
    wait_for_trades(process, database)
    began, samples = time.monotonic(), []
    print(f"{datetime.now(UTC):%H:%M} a bot trades {hours:.0f} hours in {hours * 3600 / speed / 60:.0f} minutes")
    print("| hour | memory, MB | trades | orders | rows of robustop's own tables | rows of custom data |")
    print("|---:|---:|---:|---:|---:|---:|")
    steps = [1.0, *(hours * part / 10 for part in range(1, 11) if hours * part / 10 > 1)]
    for hour in steps:
        time.sleep(max(0.0, began + hour * 3600 / speed - time.monotonic()))
        samples.append(look(process, database, hour))
        show(samples[-1])
    bot.ask("/stopentry", "POST")
    for pause in (SECONDS_TO_SETTLE, STILL_SECONDS):
        time.sleep(pause)
        samples.append(look(process, database, hours))
        show(samples[-1])
    return samples


def wait_for_trades(process: psutil.Process, database: sa.Engine) -> None:
    """Wait until the bot holds a position.

    Raises:
        RuntimeError: It does not.
    """
    for _ in range(SECONDS_TO_START):
        time.sleep(1)
        if sa.inspect(database).has_table("trades") and look(process, database, 0.0).rows["trades"]:
            return
    raise RuntimeError("the bot made no trade; see its log")


def look(process: psutil.Process, database: sa.Engine, hour: float) -> Sample:
    """Look at the bot once."""
    tables = sa.inspect(database).get_table_names()
    with database.connect() as connection:
        rows = {name: connection.execute(sa.text(f'SELECT count(*) FROM "{name}"')).scalar_one() for name in tables}  # noqa: S608 (names of tables)
        values = sa.text("SELECT coalesce(sum(length(cd_value)), 0) FROM trade_custom_data")
        written = int(connection.execute(values).scalar_one())
    return Sample(hour, process.memory_info().rss, rows, written)


def show(sample: Sample) -> None:
    """Print a look as a row of a table."""
    own = sum(count for name, count in sample.rows.items() if name.startswith("robustop"))
    rows = sample.rows
    figures = (
        f"{sample.memory / MILLION:.0f} | {rows['trades']} | {rows['orders']} | {own} | {rows['trade_custom_data']}"
    )
    print(f"| {sample.hour:.0f} | {figures} |", flush=True)


def is_sound(samples: list[Sample], log: str) -> bool:
    """Print the verdicts; return whether all are good."""
    first, last, still = samples[0], samples[-2], samples[-1]
    growth = last.memory / first.memory
    errors = [line for line in log.splitlines() if any(mark in line for mark in ERRORS)]
    written = [name for name, rows in still.rows.items() if rows != last.rows.get(name)]
    written += [] if still.written == last.written else ["the state of a trade"]
    print(f"memory: {growth:.3f} times that after the first hour (at most {MOST_GROWTH})")
    print(f"written while prices stood still for {STILL_SECONDS} s: {', '.join(written) or 'nothing'}")
    print(f"errors in the log: {len(errors)}", *errors[:10], sep="\n  ")
    return growth <= MOST_GROWTH and not written and not errors


if __name__ == "__main__":
    main()
