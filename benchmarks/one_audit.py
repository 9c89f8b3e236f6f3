"""One audit in three modes: a dry run, a live bot and a backtest over the same prices, each a real process.

A loopback Binance trades along drawn prices, minute by minute on the real clock. Two `freqtrade trade` processes, one
of them with live orders, enter all pairs at the same candle; stops move when candles close. Then the candles are
downloaded from the exchange, and `freqtrade backtesting` runs on them. Apart from the times of the looks, all three
have to have the same records.
"""

import json
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import click
import sqlalchemy as sa
from stops import ROOT, WRITTEN_HERE

from robustop_plugin.audit.table import read_table
from robustop_plugin.rehearsal.bot import Bot
from robustop_plugin.rehearsal.exchange import Exchange, served, write_candles
from robustop_plugin.rehearsal.folder import api_server
from robustop_plugin.runner.process import backtest, run_freqtrade
from robustop_plugin.venue.market import Market

WORK = ROOT / "user_data" / "bench"
STRATEGY = "OneEntry"
MINUTE = timedelta(minutes=1)
HISTORY = timedelta(hours=12)
"""Before the entry, and as much for indicators before that."""
PRICING = {"price_side": "other", "use_order_book": True, "order_book_top": 1}
FIRST_STOP = 1.0
"""Distance of the initial stop, in percent."""
MODES = ("dry run", "live")
SECONDS = {"entered": 22, "best": 26, "worst": 40, "close": 54}
"""When the price of a minute is at each of its points: a bot needs a few seconds to see it."""
SECONDS_TO_START = 60
PATIENCE = 12.0
"""Seconds that the bots get to leave at a stop."""
ENGINES: dict[str, list[dict[str, Any]]] = {
    "hand_span": [{"name": "hand_span"}],
    "smart_trail": [{"name": "smart_trail", "activation_percent": 0.3, "distance_percent": 0.5}],
    "atr_guard": [{"name": "atr_guard", "breakeven_atr": 1.0, "trail_atr": 1.5}],
    "r_ladder": [{"name": "r_ladder", "rungs": [[0.25, "breakeven"], [0.5, 0.5], [1.0, 0.75]]}],
    "five at once": [
        {"name": "bracket", "base_ratio": 3.0},
        {"name": "hand_span", "adaptive": {"min_scale": 0.3}},
        {"name": "smart_trail", "activation_percent": 0.9, "distance_percent": 1.3},
        {"name": "atr_guard", "breakeven_atr": 1.5, "trail_atr": 1.5},
        {"name": "r_ladder"},
    ],
    "adaptive hand_span": [{"name": "hand_span", "adaptive": {"min_scale": 0.3}}],
    "late smart_trail": [
        {
            "name": "smart_trail",
            "activation_percent": 5.0,
            "activate_after_minutes": 2.5,
            "distance_percent": 0.6,
            "breakeven_percent": 0.4,
        }
    ],
}
PERPETUALS = 5
"""Pairs of the embedded market for which Freqtrade has leverage tiers, which a backtest needs."""
OF_THE_LOOK = ("time", "trade_id", "token")
"""Fields in which the modes may differ; of the token, the number of the record has to be equal."""
OF_THE_EXCHANGE = "liquidation"
"""A fact that live comes from the exchange, and is otherwise Freqtrade's estimate."""
EPILOG = """
\b
Examples:
  python benchmarks/one_audit.py
  python benchmarks/one_audit.py --futures --minutes 12 --seed 5
"""


class Minute(NamedTuple):
    """Prices of a candle, as shares of the entry's price in the direction of the trade.

    Attributes:
        best: The most favorable price.
        worst: The least favorable price.
        close: The last price.
    """

    best: float
    worst: float
    close: float


@click.command(epilog=EPILOG)
@click.option("--futures", is_flag=True, help="Short on perpetuals; without it, long on spot.")
@click.option("--minutes", default=9, show_default=True, type=click.IntRange(3, 60), help="Candles of each trade.")
@click.option("--seed", default=1, show_default=True, help="Seed of the prices.")
def main(futures: bool, minutes: int, seed: int) -> None:
    """Compare the audits of a dry run, a live bot and a backtest over the same prices.

    Exit status 0: they are equal. 1: they are not.
    """
    WORK.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="one-audit-", dir=WORK) as path, ExitStack() as stack:
        home = Path(path)
        (home / "candles").mkdir()
        count = PERPETUALS if futures else len(ENGINES)
        markets = write_candles(home / "candles", "1m", count, futures=futures)[:count]
        exchange, overlay = stack.enter_context(
            served(home / "candles", markets, traded=count, futures=futures, route="url")
        )
        entry = now().replace(second=0, microsecond=0) + 2 * MINUTE
        config = {**overlay, **settings(exchange.pairs, entry - MINUTE)}
        bots = {mode: stack.enter_context(running(home / mode.replace(" ", "_"), mode, config)) for mode in MODES}
        drawn = {pair: walk(seed + number, minutes) for number, pair in enumerate(exchange.pairs)}
        Stage(exchange, markets, bots).play(drawn, entry)
        audits = {mode: by_pair(read_table(engine)) for mode, engine in bots.items()}
        audits["backtest"] = by_pair(of_backtest(home, config, entry, minutes))
    sys.exit(0 if are_equal(audits, exchange.pairs) else 1)


def now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


def wait_until(moment: datetime) -> None:
    """Sleep until a moment, if it is still to come."""
    time.sleep(max(0.0, (moment - now()).total_seconds()))


def walk(seed: int, minutes: int) -> list[Minute]:
    """Draw the prices of a trade. The entry's candle stays above the initial stop, and the last one falls below it."""
    dice, price, drawn = random.Random(seed), 1.0, []  # noqa: S311 (no secret)
    for _ in range(minutes - 1):
        close = price + dice.choice((-0.003, -0.001, 0.001, 0.004, 0.006))
        drawn.append(Minute(max(price, close) + dice.choice((0.0, 0.002)), min(price, close) - 0.001, close))
        price = close
    return [*drawn, Minute(price, 0.95, 0.95)]


def settings(pairs: list[str], signal: datetime) -> dict[str, Any]:
    """Return what both bots and the backtest share."""
    engines = {pair: {"engines": block} for pair, block in zip(pairs, ENGINES.values(), strict=False)}
    block = {"anchor": "candle", "initial_stop": {"kind": "percent", "percent": FIRST_STOP}, "pairs": engines}
    return {
        "timeframe": "1m",
        "one_entry_after": signal.isoformat(),
        "max_open_trades": len(pairs),
        "stake_amount": 500,
        "entry_pricing": PRICING,
        "exit_pricing": PRICING,
        "internals": {"process_throttle_secs": 1},
        "robustop": block,
    }


@contextmanager
def running(home: Path, mode: str, config: dict[str, Any]) -> Iterator[sa.Engine]:
    """Run a bot; yield the engine of its database."""
    home.mkdir()
    file, url = home / "config.json", f"sqlite:///{home / 'trades.sqlite'}?timeout=30"
    arguments = ["trade", *strategy_arguments([ROOT / "config.json", file], home)]
    bot = Bot(arguments, home / "freqtrade.log")
    server = {"api_server": api_server(bot.port, bot.password)}
    own = {"dry_run": mode == "dry run", "db_url": url}
    file.write_text(json.dumps({**config, **own, **server}), encoding="utf-8")
    bot.start()
    try:
        wait_for(bot)
        yield sa.create_engine(url)
    finally:
        bot.kill()


def wait_for(bot: Bot) -> None:
    """Wait until a bot runs.

    Raises:
        RuntimeError: It has ended, or does not answer.
    """
    for _ in range(SECONDS_TO_START):
        if bot.state == "running":
            return
        if not bot.is_running:
            break
        time.sleep(1)
    raise RuntimeError(f"a bot does not run: {bot.last_words()}")


def strategy_arguments(configs: list[Path], home: Path) -> list[str]:
    """Return Freqtrade's arguments for the strategy."""
    files = [part for config in configs for part in ("--config", str(config))]
    return [*files, "--userdir", str(home), "--strategy", STRATEGY, "--strategy-path", str(WRITTEN_HERE)]


class Stage:
    """Trades at the exchange along drawn prices, and waits for the bots where they act."""

    def __init__(self, exchange: Exchange, markets: list[Market], bots: dict[str, sa.Engine]) -> None:
        """Take the exchange, its markets and the databases of the bots."""
        self._exchange, self._bots = exchange, bots
        self._side = -1 if markets[0].settle else 1
        self._ticks = {market.pair: market.tick_size for market in markets}
        self._entries = {pair: exchange.last(pair) for pair in exchange.pairs}

    def play(self, drawn: dict[str, list[Minute]], entry: datetime) -> None:
        """Play all minutes."""
        minutes = len(next(iter(drawn.values())))
        for number in range(minutes):
            opened = entry + number * MINUTE
            wait_until(opened)
            self._open(first=number == 0)
            wait_until(opened + timedelta(seconds=SECONDS["entered"]))
            self._all(drawn, number, "best", opened)
            self._all(drawn, number, "worst", opened)
            self._all(drawn, number, "close", opened)
            print(f"{now():%H:%M:%S} minute {number + 1} of {minutes}, open: {self._open_trades()}", flush=True)
        wait_until(entry + (minutes + 1) * MINUTE)

    def _open(self, *, first: bool) -> None:
        """Let a candle open at the last price; where the bots buy, at the ask, let the ask be that price."""
        for pair, entry in self._entries.items():
            price = entry if first else self._exchange.last(pair)
            self._exchange.move(pair, price)
            if first == (self._side > 0):
                self._exchange.move(pair, price - self._ticks[pair])

    def _all(self, drawn: dict[str, list[Minute]], number: int, point: str, opened: datetime) -> None:
        wait_until(opened + timedelta(seconds=SECONDS[point]))
        for pair, minutes in drawn.items():
            share = getattr(minutes[number], point)
            price = self._entries[pair] * (1 + self._side * (share - 1))
            if point == "worst":
                self._wait_at_stop(pair, price)
            self._exchange.move(pair, price)

    def _wait_at_stop(self, pair: str, price: float) -> None:
        """If a price is beyond the stop, trade at the stop and wait until both bots have left there."""
        stops = {mode: stop_of(bot, pair) for mode, bot in self._bots.items()}
        stop = next((stop for stop in stops.values() if stop is not None), None)
        if stop is None or self._side * (price - stop) > 0:
            return
        # A short is bought back at the ask, one tick above the last price.
        self._exchange.move(pair, stop if self._side > 0 else stop - self._ticks[pair])
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end and any(stop_of(bot, pair) is not None for bot in self._bots.values()):
            time.sleep(0.2)

    def _open_trades(self) -> dict[str, int]:
        return {
            mode: sum(stop_of(bot, p) is not None for p in self._exchange.pairs) for mode, bot in self._bots.items()
        }


def stop_of(bot: sa.Engine, pair: str) -> float | None:
    """Return the stop of a pair's open trade; None without one."""
    query = sa.text("SELECT stop_loss FROM trades WHERE is_open AND pair = :pair")
    with bot.connect() as connection:
        return connection.execute(query, {"pair": pair}).scalar()


def of_backtest(home: Path, config: dict[str, Any], entry: datetime, minutes: int) -> list[dict[str, Any]]:
    """Return the audit of a backtest on the exchange's candles."""
    file = home / "backtest.json"
    file.write_text(json.dumps({**config, "dry_run": True}), encoding="utf-8")
    configs, first = [ROOT / "config.json", file], entry - HISTORY
    folders = ["--userdir", str(home), "--datadir", str(home / "data")]
    files = [part for path in configs for part in ("--config", str(path))]
    span = ["--timeframes", "1m", "--timerange", f"{(first - HISTORY).timestamp():.0f}-"]
    run_freqtrade(["download-data", *files, *folders, *span], home / "download.log")
    span = ["--timerange", f"{first.timestamp():.0f}-{(entry + minutes * MINUTE).timestamp():.0f}"]
    arguments = ["--strategy-path", str(WRITTEN_HERE), *folders, *span, "--export", "trades"]
    return list(backtest(STRATEGY, configs, home / "results", arguments).audit)


def by_pair(records: Any) -> dict[str, list[dict[str, Any]]]:
    """Return what has to be equal in records, by pair."""
    found: dict[str, list[dict[str, Any]]] = {}
    for record in records:
        kept = {name: value for name, value in record.items() if name not in OF_THE_LOOK}
        kept["facts"] = {name: value for name, value in record["facts"].items() if name != OF_THE_EXCHANGE}
        found.setdefault(record["pair"], []).append({**kept, "number": record["token"].rsplit(":", 1)[1]})
    return found


def are_equal(audits: dict[str, dict[str, list[dict[str, Any]]]], pairs: list[str]) -> bool:
    """Print a row for each pair, and what differs; return whether nothing does."""
    print("| engines | pair | records | moves | reason | dry run | live |")
    print("|---|---|---:|---:|---|---|---|")
    good, moves = True, 0
    for name, pair in zip(ENGINES, pairs, strict=False):
        expected = audits["backtest"].get(pair, [])
        moved = sum(record["action"] == "move" for record in expected)
        reason = expected[-1]["reason"] if expected else "no record"
        equal = {mode: bool(expected) and audits[mode].get(pair) == expected for mode in MODES}
        words = " | ".join("equal" if equal[mode] else "DIFFERENT" for mode in MODES)
        print(f"| {name} | {pair} | {len(expected)} | {moved} | {reason} | {words} |")
        moves, good = moves + moved, good and all(equal.values())
        for mode in MODES:
            show_differences(mode, audits[mode].get(pair, []), expected)
    return good and moves > 0


def show_differences(mode: str, records: list[dict[str, Any]], expected: list[dict[str, Any]]) -> None:
    """Print the fields in which records differ from the backtest's."""
    if len(records) != len(expected):
        print(f"  {mode}: {len(records)} records, {[r['action'] for r in records]}")
    for number, (record, wanted) in enumerate(zip(records, expected, strict=False)):
        for name in wanted:
            if record[name] != wanted[name]:
                print(
                    f"  {mode}, record {number} ({wanted['action']}), {name}: {record[name]}, backtest {wanted[name]}"
                )


if __name__ == "__main__":
    main()
