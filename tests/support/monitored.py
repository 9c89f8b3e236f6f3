"""Real live bots on the loopback Binance that `robustop monitor` watches, and what strangers do to them."""

import json
import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Event
from typing import Any

import ccxt
from click.testing import CliRunner

from robustop_plugin.cli.main import main
from robustop_plugin.operate.configuration import read_configuration, url_in
from robustop_plugin.operate.database import open_for_reading
from robustop_plugin.operate.monitor.watch import Watch
from robustop_plugin.operate.stored_state import STATE_KEY
from robustop_plugin.venue.overlay import live, offline_overlay, proxy_overlay
from robustop_plugin.venue.server import Venue
from tests.conftest import ROOT
from tests.support.bot import Bot, ask, eventually
from tests.support.kept_stops import PERPETUAL, SPOT, stops

PAUSE = 0.25
"""Seconds between two looks."""

SOURCE = """
from pathlib import Path

from freqtrade.strategy import IStrategy

from robustop_plugin import RobustopMixin

class Watched(RobustopMixin, IStrategy):
    timeframe, stoploss, minimal_roi, can_short = "5m", -0.10, {}, CAN_SHORT
    startup_candle_count = 30
    order_types = {
        "entry": "market", "exit": "market", "stoploss": "limit", "stoploss_on_exchange": True,
        "stoploss_on_exchange_limit_ratio": 0.99,
    }
    robustop = {
        "engines": [{"name": "hand_span"}],
        "initial_stop": {"kind": "percent", "percent": 2.0},
        "breakeven": {"mode": "percent"},
        "gate": {"min_interval_s": 1},
        "breaker": {"failures": 2, "cooldown_s": 2},
        "partials": PARTIALS,
    }

    def populate_indicators(self, dataframe, metadata): return dataframe
    def populate_entry_trend(self, dataframe, metadata): return dataframe
    def populate_exit_trend(self, dataframe, metadata): return dataframe
"""
BROKEN = """
from robustop_plugin.bridge.decisions import manager

def decide(*args):
    if (Path(__file__).parent / "broken").exists():
        raise ValueError("broken on purpose")
    return real(*args)

real, manager.decide = manager.decide, decide
"""
"""Follows the source: while there is a file `broken` beside it, nothing can be decided."""


READ_STATE = "SELECT cd_value FROM trade_custom_data WHERE cd_key = ? AND ft_trade_id = ?"
WRITE_STATE = "UPDATE trade_custom_data SET cd_value = ? WHERE cd_key = ? AND ft_trade_id = ?"
DELETE_STATE = "DELETE FROM trade_custom_data WHERE cd_key = ? AND ft_trade_id = ?"


@contextmanager
def watched(
    venue: Venue, url: str, folder: Path, *, futures: bool = False, partials: Any = (), more: str = ""
) -> Iterator[Bot]:
    """Run a bot that trades live: futures through the venue's proxy, spot with the venue's addresses."""
    overlay = _overlay(venue, url, futures=futures)
    source = SOURCE.replace("CAN_SHORT", f"{futures}").replace("PARTIALS", repr(list(partials))) + more
    bot = Bot(folder, live(overlay), "Watched", source, stake_amount=1200)
    try:
        bot.start()
        yield bot
    finally:
        bot.kill()


def _overlay(venue: Venue, url: str, *, futures: bool) -> dict[str, Any]:
    if futures:
        return proxy_overlay(str(venue.proxy_url), [PERPETUAL], futures=True)
    return offline_overlay(url, [SPOT])


def configs(bot: Bot) -> list[Path]:
    """Return the configuration files of a bot."""
    return [ROOT / "config.json", bot.folder / "overlay.json", bot.folder / "bot.json"]


def monitor(bot: Bot, *options: str) -> Any:
    """Run `robustop monitor --once` and return its report."""
    words = [word for config in configs(bot) for word in ("--config", str(config))]
    result = CliRunner().invoke(main, ["monitor", "--once", "--json", *words, *options])
    assert result.exit_code in (0, 1, 2), result.output
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    report = json.loads(result.stdout)
    assert report["status"] == result.exit_code
    return report


def names(report: Any) -> set[tuple[str, int | None]]:
    """Return name and trade of everything that a report has found and that is still there."""
    return {(finding["name"], finding["trade"]) for finding in report["findings"] if finding["is_open"]}


def watch_of(bot: Bot) -> Watch:
    """Return what watches a bot, as the command does."""
    config = read_configuration(configs(bot))
    return Watch(config, open_for_reading(url_in(config)))


def stranger(url: str, venue: Venue, *, futures: bool) -> Any:
    """Return the account's own ccxt client, as a person's other program would use it."""
    overlay = (
        proxy_overlay(str(venue.proxy_url), [PERPETUAL], futures=True) if futures else offline_overlay(url, [SPOT])
    )
    exchange = live(overlay)["exchange"]
    options = {**exchange["ccxt_config"], "apiKey": exchange["key"], "secret": exchange["secret"]}
    options["options"] = {**options["options"], "defaultType": "swap" if futures else "spot"}
    client = ccxt.binance(options)
    client.load_markets()
    return client


def control(url: str, call: str, **body: Any) -> Any:
    """Make a control call at the venue."""
    status, answer = ask(url, f"/_control/{call}", "POST", body)
    assert status == 200, answer
    return answer


def cancel_stops(url: str) -> None:
    """Cancel every waiting stop by hand."""
    for stop in ask(url, "/_control/state")[1]["stops"]:
        control(url, "cancel", order=stop["order"])


def one_stop(url: str) -> float:
    """Wait for exactly one stop, and return its price."""
    eventually(lambda: len(stops(url)) == 1, "the stop")
    return stops(url)[0]


def edit_state(bot: Bot, trade: int, text: str | None) -> str:
    """Write another state of a trade into the database, or delete it; return what was there."""
    which = (STATE_KEY, trade)
    with closing(sqlite3.connect(bot.database, timeout=10, isolation_level=None)) as connection:
        ((was,),) = connection.execute(READ_STATE, which).fetchall()
        connection.execute(DELETE_STATE, which) if text is None else connection.execute(WRITE_STATE, (text, *which))
    return str(was)


def stop(bot: Bot) -> None:
    """Stop a bot as /stop does, and let it finish its loop."""
    bot.rest("/stop", "POST")
    seen = -1.0
    while seen != (seen := bot.rest("/health")["last_process_ts"]):
        time.sleep(1.1)  # what it says is in whole seconds


@contextmanager
def looked_at(bot: Bot) -> Iterator[Watch]:
    """Look at a bot again and again, from the beginning of the block to its end, and yield what looks."""
    watch, ended = watch_of(bot), Event()

    def look() -> None:
        while not ended.wait(PAUSE):
            watch.look()
            assert not watch.troubles, watch.troubles

    with ThreadPoolExecutor(1) as pool:
        looks = pool.submit(look)
        try:
            yield watch
        finally:
            ended.set()
        looks.result()


def sentences(watch: Watch) -> list[str]:
    """Return everything that was found, in words."""
    return [suspicion.finding.sentence for suspicion in watch.suspicions.confirmed]
