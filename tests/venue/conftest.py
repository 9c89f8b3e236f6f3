"""Fixtures for the venue: written markets, a clock that tests set, and the real ccxt on both routes."""

import asyncio
import warnings
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import ccxt
import ccxt.async_support
import pandas as pd
import pytest
from urllib3.exceptions import InsecureRequestWarning

from robustop_plugin.venue import archive, history
from robustop_plugin.venue.datadir import markets_of
from robustop_plugin.venue.history import Candles
from robustop_plugin.venue.market import Market, write_market
from robustop_plugin.venue.overlay import offline_overlay, proxy_overlay
from robustop_plugin.venue.server import Venue
from tests.support.bot import move_price

SLID_TO = 1_800_000_123_456  # milliseconds; a time in 2027, inside a candle
SPOT, PERPETUAL = "BTC/USDT", "BTC/USDT:USDT"


class HandClock:
    """A clock that changes only when a test sets `now`."""

    def __init__(self, now: int) -> None:
        """Start at a time, in milliseconds since the epoch."""
        self.now = now

    def __call__(self) -> int:
        """Return the time, in milliseconds since the epoch."""
        return self.now


@pytest.fixture(scope="session")
def datadir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an empty folder for candles."""
    return tmp_path_factory.mktemp("candles")


@pytest.fixture(scope="session")
def markets(datadir: Path) -> list[Market]:
    """Write the embedded market with its defaults; return its markets."""
    return write_market(datadir)


@pytest.fixture(scope="session")
def candles(datadir: Path, markets: list[Market]) -> dict[str, pd.DataFrame]:
    """Return the written candles by pair."""
    return {market.pair: pd.read_feather(datadir / f"{market.base}_{market.quote}-5m.feather") for market in markets}


@pytest.fixture(scope="session")
def both(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with five days of spot candles and a perpetual with mark prices and funding rates."""
    folder = tmp_path_factory.mktemp("both")
    write_market(folder, days=5)
    write_perpetual(folder)
    return folder


def write_perpetual(folder: Path) -> None:
    """Write BTC's spot candles as a perpetual's, with derived mark prices and made-up funding rates."""
    futures = folder / "futures"
    futures.mkdir()
    prices = pd.read_feather(folder / "BTC_USDT-5m.feather")
    prices.to_feather(futures / "BTC_USDT_USDT-5m-futures.feather")
    hours = prices.set_index("date").resample("1h")
    mark = hours.agg({"open": "first", "high": "max", "low": "min", "close": "last"}).dropna().reset_index()
    mark.assign(volume=0.0).to_feather(futures / "BTC_USDT_USDT-1h-mark.feather")
    rates = mark.loc[mark["date"].dt.hour % 8 == 0, ["date"]].reset_index(drop=True)
    rates["funding_rate"] = [0.0001 + 0.00001 * number for number in range(len(rates))]
    rates.to_feather(futures / "BTC_USDT_USDT-1h-funding_rate.feather")


@pytest.fixture
def clock() -> HandClock:
    """Return a clock that tests set."""
    return HandClock(SLID_TO)


@pytest.fixture(scope="session")
def listed(both: Path) -> list[Market]:
    """Return the markets of that folder."""
    return markets_of(both)


@pytest.fixture(scope="session", autouse=True)
def _read_once() -> Iterator[None]:
    """Read each file of candles once for all venues that are started: it takes most of a short test."""
    known: dict[tuple[Path, int], Candles] = {}

    def read(path: Path) -> Candles:
        key = (path, path.stat().st_mtime_ns)
        if key not in known:
            known[key] = history.read(path)
        return Candles(known[key].times.copy(), known[key].rows.copy())

    with patch.object(archive, "read", read):
        yield


@pytest.fixture
def venue(both: Path, listed: list[Market], clock: HandClock) -> Venue:
    """Return a venue with the folder's candles, current at the clock's time."""
    return Venue(listed, both, clock=clock)


@pytest.fixture
def url(venue: Venue) -> Iterator[str]:
    """Serve the venue with its proxy; return its URL."""
    with venue.serve(proxy_port=0) as url:
        yield url


@pytest.fixture(params=["urls", "proxy"])
def overlay(request: pytest.FixtureRequest, venue: Venue, url: str) -> Callable[[bool], dict[str, Any]]:
    """Return a function that builds one route's overlay, for spot or futures."""

    def overlay(futures: bool) -> dict[str, Any]:
        pairs = [PERPETUAL if futures else SPOT]
        if request.param == "urls":
            return offline_overlay(url, pairs, futures=futures)
        assert venue.proxy_url is not None
        return proxy_overlay(venue.proxy_url, pairs, futures=futures)

    return overlay


class Ccxt:
    """Calls methods of ccxt's synchronous or asynchronous class."""

    def __init__(self, asynchronous: bool, config: dict[str, Any]) -> None:
        """Call the asynchronous class if `asynchronous`, configured with `config`."""
        self._asynchronous = asynchronous
        self._config = config

    def __call__(self, method: str, *args: Any, **params: Any) -> Any:
        """Call a method of the class and return its result."""
        if not self._asynchronous:
            with warnings.catch_warnings():
                # The proxy's certificate is self-signed.
                warnings.simplefilter("ignore", InsecureRequestWarning)
                return getattr(ccxt.binance(self._config), method)(*args, params=params)

        async def call() -> Any:
            exchange = ccxt.async_support.binance(self._config)
            try:
                result: Awaitable[Any] = getattr(exchange, method)(*args, params=params)
                return await result
            finally:
                await exchange.close()

        return asyncio.run(call())


@pytest.fixture(params=["sync", "async"])
def spot(request: pytest.FixtureRequest, overlay: Callable[[bool], dict[str, Any]]) -> Ccxt:
    """Return ccxt for spot, set up as Freqtrade does."""
    return Ccxt(request.param == "async", overlay(False)["exchange"]["ccxt_config"])


@pytest.fixture(params=["sync", "async"])
def futures(request: pytest.FixtureRequest, overlay: Callable[[bool], dict[str, Any]]) -> Ccxt:
    """Return ccxt for USD-M futures, set up as Freqtrade does."""
    return Ccxt(request.param == "async", overlay(True)["exchange"]["ccxt_config"])


@pytest.fixture
def trading(both: Path, listed: list[Market]) -> Iterator[tuple[Venue, str]]:
    """Serve the folder in real time, which signatures need, with BTC at 60000 on spot and futures."""
    venue = Venue(listed, both)
    with venue.serve(proxy_port=0) as url:
        for pair in (SPOT, PERPETUAL):
            move_price(url, pair, 60000)
        yield venue, url
