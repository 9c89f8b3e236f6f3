"""A real dry-run bot is scraped: its counters move, it reads its configuration again, each alert has its scenario."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from robustop_plugin.metrics.catalogue import METRICS
from robustop_plugin.venue.datadir import markets_of
from robustop_plugin.venue.market import write_market
from robustop_plugin.venue.overlay import offline_overlay
from robustop_plugin.venue.server import Venue
from tests.support.bot import Bot, free_port, move_price
from tests.support.prometheus import Scrape, after_a_loop, firing, scraped, value, wait_for

STEPPED, LATE = "BTC/USDT", "ETH/USDT"
STRATEGY = """
import time
from pathlib import Path

from freqtrade.strategy import IStrategy
from robustop_plugin import RobustopMixin
from robustop_plugin.bridge.decisions import manager

HERE, DECIDE = Path(__file__).parent, manager.decide

def decide(*facts):
    assert not (HERE / "broken").exists(), "broken on purpose"
    return DECIDE(*facts)

manager.decide = decide


class Watched(RobustopMixin, IStrategy):
    timeframe, stoploss, minimal_roi, use_custom_stoploss = "5m", -0.10, {}, True
    startup_candle_count = 30
    order_types = {"entry": "market", "exit": "market", "stoploss": "market", "stoploss_on_exchange": False}
    robustop = {
        "engines": [{"name": "hand_span"}],
        "initial_stop": {"kind": "percent", "percent": 1.0},
        "breakeven": {"mode": "percent"},
        "breaker": {"failures": 2, "cooldown_s": 600},
        "pairs": {"ETH/USDT": {"engines": [{"name": "r_ladder", "rungs": [[5.0, "breakeven"]]}]}},
        "metrics": {"enabled": True, "port": PORT},
    }

    def populate_indicators(self, dataframe, metadata): return dataframe
    def populate_entry_trend(self, dataframe, metadata): return dataframe
    def populate_exit_trend(self, dataframe, metadata): return dataframe

    def custom_stoploss(self, pair, trade, current_time, current_rate, current_profit, **kwargs):
        if (HERE / "slow").exists():
            time.sleep(0.15)
"""


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    """Serve a market whose prices the test moves."""
    write_market(tmp_path / "market", days=1)
    with Venue(markets_of(tmp_path / "market"), tmp_path / "market").serve() as url:
        yield url


@pytest.fixture
def port() -> int:
    """Return where the bot serves its metrics."""
    return free_port()


@pytest.fixture
def bot(url: str, tmp_path: Path, port: int) -> Iterator[Bot]:
    """Yield a running bot on that venue."""
    folder = tmp_path / "bot"
    folder.mkdir()
    overlay = offline_overlay(url, [STEPPED, LATE])
    bot = Bot(folder, overlay, "Watched", STRATEGY.replace("PORT", f"{port}"))
    for pair in (STEPPED, LATE):
        move_price(url, pair, 50000)
    bot.start()
    yield bot
    bot.kill()


def test_a_bot_is_scraped(bot: Bot, url: str, port: int, tmp_path: Path) -> None:
    """From the first scrape to a closed trade; what happens is counted once, and each fault has its own alert."""
    first = wait_for(port, bool, "the first scrape")
    info = [labels for name, labels in first if name == "robustop_build_info"]
    assert [dict(labels)["mode"] for labels in info] == ["dry_run"]
    moving = ("age_seconds", "start_time", "build_info", "loops_total")
    assert {value for (name, _), value in first.items() if not any(word in name for word in moving)} == {0.0}

    bot.rest("/forceenter", "POST", {"pair": STEPPED})
    wait_for(port, lambda seen: value(seen, "robustop_open_positions", phase="INITIAL_RISK") == 1, "the position")
    move_price(url, STEPPED, 50600)
    breakeven = {"engine": "hand_span", "rule": "breakeven"}
    wait_for(port, lambda seen: value(seen, "robustop_stop_moves_total", **breakeven) == 1, "the move")
    moved = after_a_loop(port)
    assert value(moved, "robustop_open_positions", phase="BREAKEVEN_PROTECTED") == 1
    assert value(moved, "robustop_positions_opened_total") == value(moved, "robustop_activations_total") == 1
    assert value(moved, "robustop_stop_update_seconds_count") == 1
    assert value(moved, "robustop_activated_positions") == 1
    # The price is at 50600, the stop at breakeven, 50075 and a little; R is 500.
    assert value(moved, "robustop_smallest_stop_distance_r") == pytest.approx(525 / 500, abs=0.002)
    assert value(moved, "robustop_positions_by_stop_distance", up_to_r="2") == 1
    assert firing(tmp_path / "clean", [first, moved]) == set()

    loops(bot, url, port, moved)
    profitable(bot, url, port, tmp_path)
    slow(bot, url, port, tmp_path)
    broken(bot, url, port, tmp_path)
    assert value(scraped(port), "robustop_stop_moves_held_total") == 0, "without an order there is no gate"


def loops(bot: Bot, url: str, port: int, before: Scrape) -> None:
    """Read the configuration again, twice: the port is free each time, and the position is there."""
    before = after_a_reload(bot, port, before)
    before = after_a_reload(bot, port, before)
    assert bot.log.read_text().count(f"robustop: metrics at http://127.0.0.1:{port}/metrics") == 3
    assert "there are no metrics" not in bot.log.read_text()
    bot.rest("/forceexit", "POST", {"tradeid": "1"})
    wait_for(port, lambda seen: value(seen, "robustop_exits_total", reason="force_exit") == 1, "the exit")


def after_a_reload(bot: Bot, port: int, before: Scrape) -> Scrape:
    """Read the configuration again, and return a scrape of the new exporter with the old position."""
    started, phase = value(before, "robustop_start_time_seconds"), "BREAKEVEN_PROTECTED"
    bot.rest("/reload_config", "POST")
    wait_for(port, lambda seen: value(seen, "robustop_start_time_seconds") > started, "the start")
    again = wait_for(port, lambda seen: value(seen, "robustop_open_positions", phase=phase) == 1, "the position")
    assert value(again, "robustop_positions_opened_total") == 0
    return again


def profitable(bot: Bot, url: str, port: int, folder: Path) -> None:
    """An engine that begins at 5 R leaves the stop where it is at 2 R."""
    before = scraped(port)
    bot.rest("/forceenter", "POST", {"pair": LATE})
    wait_for(port, lambda seen: value(seen, "robustop_positions_opened_total") == 1, "the position")
    move_price(url, LATE, 51000)
    name = "robustop_profitable_positions_stop_below_entry"
    seen = wait_for(port, lambda seen: value(seen, name) == 1, "the profit")
    assert firing(folder / "profitable", [before, seen]) == {"RobustopProfitableStopBelowEntry"}
    bot.rest("/trades/2", "DELETE")  # of which a strategy is told nothing
    gone = wait_for(port, lambda seen: value(seen, name) == 0, "the end")
    assert value(gone, "robustop_open_positions", phase="INITIAL_RISK") == 0


def slow(bot: Bot, url: str, port: int, folder: Path) -> None:
    """A callback of the strategy's that takes long is part of the move."""
    move_price(url, STEPPED, 50000)
    before = scraped(port)
    bot.rest("/forceenter", "POST", {"pair": STEPPED})
    wait_for(port, lambda seen: value(seen, "robustop_open_positions", phase="INITIAL_RISK") == 1, "the position")
    (bot.folder / "slow").touch()
    move_price(url, STEPPED, 50600)
    count = "robustop_stop_update_seconds_count"
    seen = wait_for(port, lambda seen: value(seen, count) > value(before, count), "the move")
    (bot.folder / "slow").unlink()
    fast = "robustop_stop_update_seconds_bucket"
    assert value(seen, fast, le="0.1") == value(before, fast, le="0.1")
    assert firing(folder / "slow", [before, seen]) == {"RobustopStopUpdateSlow"}


def broken(bot: Bot, url: str, port: int, folder: Path) -> None:
    """Decisions fail: the breaker opens."""
    before = scraped(port)
    (bot.folder / "broken").touch()
    move_price(url, STEPPED, 51200)
    wait_for(port, lambda seen: value(seen, "robustop_breaker_open") >= 1, "the breaker")
    seen = after_a_loop(port)
    assert value(seen, "robustop_breaker_openings_total") == 1
    assert value(seen, "robustop_callback_errors_total") >= 2
    assert firing(folder / "broken", [before, seen]) == {"RobustopBreakerOpened"}


def test_every_metric_is_declared() -> None:
    """No two metrics have one name, and counters end as Prometheus has it."""
    assert len({metric.name for metric in METRICS}) == len(METRICS)
    assert {metric.kind == "counter" for metric in METRICS if metric.name.endswith("_total")} == {True}
