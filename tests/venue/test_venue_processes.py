"""Real `freqtrade` processes list markets, download candles and dry-run futures at the venue."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from robustop_plugin.runner.process import run_freqtrade
from robustop_plugin.venue.datadir import markets_of
from robustop_plugin.venue.overlay import offline_overlay, proxy_overlay
from robustop_plugin.venue.server import Venue
from tests.conftest import ROOT
from tests.support.bot import Bot, ask, move_price
from tests.venue.conftest import PERPETUAL, SPOT

Freqtrade = Callable[..., str]

PLAIN = """
from freqtrade.strategy import IStrategy


class Plain(IStrategy):
    timeframe, stoploss, minimal_roi, can_short = "5m", -0.02, {}, True
    startup_candle_count = 30
    order_types = {"entry": "market", "exit": "market", "stoploss": "market", "stoploss_on_exchange": False}

    def populate_indicators(self, dataframe, metadata): return dataframe
    def populate_entry_trend(self, dataframe, metadata): return dataframe
    def populate_exit_trend(self, dataframe, metadata): return dataframe
"""


@pytest.fixture
def now_venue(both: Path) -> Iterator[tuple[str, str]]:
    """Serve the folder in real time; return the venue's URL and its proxy's."""
    venue = Venue(markets_of(both), both)
    with venue.serve(proxy_port=0) as url:
        yield url, str(venue.proxy_url)


@pytest.fixture(params=["urls", "proxy"])
def route(request: pytest.FixtureRequest, now_venue: tuple[str, str]) -> Callable[..., dict[str, Any]]:
    """Return a function that builds one route's overlay for some pairs."""
    url, proxy_url = now_venue

    def overlay(pairs: list[str], futures: bool) -> dict[str, Any]:
        if request.param == "urls":
            return offline_overlay(url, pairs, futures=futures)
        return proxy_overlay(proxy_url, pairs, futures=futures)

    return overlay


@pytest.fixture
def freqtrade(tmp_path: Path) -> Freqtrade:
    """Return a function that runs a Freqtrade command with an overlay."""

    def run(command: str, overlay: dict[str, Any], *arguments: str) -> str:
        path = tmp_path / "overlay.json"
        path.write_text(json.dumps(overlay))
        configs = ["--config", str(ROOT / "config.json"), "--config", str(path)]
        return run_freqtrade([command, *configs, "--userdir", str(tmp_path), *arguments], tmp_path / "freqtrade.log")

    return run


@pytest.mark.parametrize("futures", [False, True])
def test_list_markets(route: Callable[..., dict[str, Any]], freqtrade: Freqtrade, futures: bool) -> None:
    """`freqtrade list-markets` prints the venue's pairs."""
    pairs = [PERPETUAL] if futures else [SPOT, "PEPE/USDT"]
    output = freqtrade("list-markets", route(pairs, futures), "--print-json", "--quote", "USDT")
    listed = json.loads(next(line for line in output.splitlines() if line.startswith("[")))
    assert set(pairs) <= set(listed)
    assert len(listed) == (1 if futures else 6)


def test_download_data_spot(
    route: Callable[..., dict[str, Any]], freqtrade: Freqtrade, now_venue: tuple[str, str], tmp_path: Path
) -> None:
    """`freqtrade download-data` writes the venue's 5-minute and 1-hour candles."""
    pairs = [SPOT, "PEPE/USDT"]
    datadir = tmp_path / "data"
    freqtrade("download-data", route(pairs, False), "-t", "5m", "1h", "--days", "3", "--datadir", str(datadir))
    for pair in pairs:
        for timeframe in ("5m", "1h"):
            path = datadir / f"{pair.replace('/', '_')}-{timeframe}.feather"
            assert_matches_venue(now_venue[0], "/api/v3/klines", path, pair.replace("/", ""), timeframe)


def test_download_data_futures(
    route: Callable[..., dict[str, Any]], freqtrade: Freqtrade, now_venue: tuple[str, str], tmp_path: Path
) -> None:
    """For futures it writes mark prices and funding rates as well."""
    datadir = tmp_path / "data"
    freqtrade("download-data", route([PERPETUAL], True), "-t", "5m", "--days", "3", "--datadir", str(datadir))
    folder, url = datadir / "futures", now_venue[0]
    assert_matches_venue(url, "/fapi/v1/klines", folder / "BTC_USDT_USDT-5m-futures.feather", "BTCUSDT", "5m")
    assert_matches_venue(url, "/fapi/v1/markPriceKlines", folder / "BTC_USDT_USDT-1h-mark.feather", "BTCUSDT", "1h")
    rates = pd.read_feather(folder / "BTC_USDT_USDT-1h-funding_rate.feather")
    answer = ask(url, f"/fapi/v1/fundingRate?symbol=BTCUSDT&startTime={milliseconds(rates)[0]}")[1]
    assert milliseconds(rates) == [rate["fundingTime"] for rate in answer]
    assert rates["funding_rate"].tolist() == pytest.approx([float(rate["fundingRate"]) for rate in answer])
    assert len(rates) >= 9


def milliseconds(frame: pd.DataFrame) -> list[int]:
    """Return a file's times, in milliseconds since the epoch."""
    return [int(time) for time in frame["date"].dt.as_unit("ms").astype("int64")]


def assert_matches_venue(url: str, path: str, file: Path, symbol: str, interval: str) -> None:
    """Check that a downloaded file equals the venue's answers for the same times."""
    frame = pd.read_feather(file)
    times = milliseconds(frame)
    assert len(times) > 60
    rows: list[list[Any]] = []
    while (
        not rows or rows[-1][0] < times[-1]
    ):  # the download starts at midnight, so late in the day it spans several answers
        start = rows[-1][0] + 1 if rows else times[0]
        query = f"symbol={symbol}&interval={interval}&startTime={start}&endTime={times[-1]}&limit=1000"
        page = ask(url, f"{path}?{query}")[1]
        assert page, f"the venue has no candles from {start} on"
        rows += page
    assert times == [row[0] for row in rows]
    columns = frame[["open", "high", "low", "close", "volume"]].to_numpy().tolist()
    assert columns == [[float(value) for value in row[1:6]] for row in rows]


def test_a_short_of_futures_in_a_dry_run(
    route: Callable[..., dict[str, Any]], now_venue: tuple[str, str], tmp_path: Path
) -> None:
    """A plain strategy's short is entered, sees new prices, and is stopped out when the price rises."""
    url = now_venue[0]
    move_price(url, PERPETUAL, 50000)
    bot = Bot(tmp_path, route([PERPETUAL], True), "Plain", PLAIN)
    try:
        bot.start()
        bot.rest("/forceenter", "POST", {"pair": PERPETUAL, "side": "short", "leverage": 2})
        bot.eventually(lambda: bot.rest("/status"), "the entry")
        (trade,) = bot.rest("/status")
        assert (trade["open_rate"], trade["leverage"], trade["is_short"]) == (50000, 2, True)
        move_price(url, PERPETUAL, 49000)
        bot.eventually(lambda: bot.rest("/status")[0]["current_rate"] == 49000.01, "the new price")
        move_price(url, PERPETUAL, 51000)
        bot.eventually(lambda: not bot.rest("/status"), "the exit")
        (closed,) = bot.rest("/trades")["trades"]
        assert (closed["exit_reason"], closed["close_rate"]) == ("stop_loss", 51000.01)
    finally:
        bot.kill()
