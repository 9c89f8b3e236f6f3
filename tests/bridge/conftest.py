"""A shared loopback exchange for all bridge tests; Freqtrade's global switches are restored."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from freqtrade.enums import CandleType
from freqtrade.exchange import Exchange
from freqtrade.optimize.backtesting import Backtesting
from freqtrade.persistence import LocalTrade, PairLocks, Trade, disable_database_use
from freqtrade.persistence.custom_data import CustomDataWrapper
from freqtrade.resolvers import ExchangeResolver

from robustop_plugin.audit.requests import Requests
from robustop_plugin.bridge.exit_requests import sources
from robustop_plugin.venue.market import Market
from robustop_plugin.venue.overlay import offline_overlay
from robustop_plugin.venue.server import Venue
from tests.support.bots import Bot
from tests.support.hand_candles import PAIR
from tests.support.host import BASE, Host
from tests.support.postgres import new_database
from tests.support.trade_database import open_database_of_host

MARKET = Market(PAIR, "HAND", "USDT", 0.01, 0.001)
COINS = (("HAND", 0.001), ("BTC", 0.00001), ("ETH", 0.0001))
TIER = {"minNotional": 0.0, "maxNotional": 1e9, "maintenanceMarginRate": 0.005, "maxLeverage": 50.0, "maintAmt": 0.0}
SPOT = [Market(f"{coin}/USDT", coin, "USDT", 0.01, step) for coin, step in COINS]
FUTURES = [Market(f"{coin}/USDT:USDT", coin, "USDT", 0.01, step, settle="USDT") for coin, step in COINS]


@pytest.fixture(scope="session")
def loopback(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Exchange, dict]]:
    """Return Freqtrade's exchange and a configuration for it."""
    folder = tmp_path_factory.mktemp("host")
    with Venue([MARKET]).serve() as url:
        config = {**BASE, **offline_overlay(url, [PAIR]), "datadir": folder, "user_data_dir": folder}
        exchange = ExchangeResolver.load_exchange(config)
        yield exchange, config
        exchange.close()


def _exchange(folder: Path, markets: list[Market], *, futures: bool) -> Iterator[tuple[Exchange, dict]]:
    """Yield Freqtrade's exchange for these markets, and a configuration for it."""
    with Venue(markets).serve() as url:
        pairs = [market.pair for market in markets]
        config = {**BASE, **offline_overlay(url, pairs, futures=futures), "datadir": folder, "user_data_dir": folder}
        if futures:
            config["candle_type_def"] = CandleType.FUTURES
        exchange = ExchangeResolver.load_exchange(config)
        yield exchange, config
        exchange.close()


@pytest.fixture(scope="session")
def spot_exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Exchange, dict]]:
    """Return Freqtrade's exchange for three spot pairs."""
    yield from _exchange(tmp_path_factory.mktemp("spot"), SPOT, futures=False)


@pytest.fixture(scope="session")
def futures_exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Exchange, dict]]:
    """Return Freqtrade's exchange for three perpetuals, with up to 50 times leverage."""
    for exchange, config in _exchange(tmp_path_factory.mktemp("futures"), FUTURES, futures=True):
        exchange._leverage_tiers = {market.pair: [TIER] for market in FUTURES}
        yield exchange, config


def _with_database(exchange: tuple[Exchange, dict], folder: Path) -> Iterator[Host]:
    """Yield a host with a trade database of its own."""
    with open_database_of_host("sqlite://"):
        yield Host(*exchange, folder)


@pytest.fixture
def spot(spot_exchange: tuple[Exchange, dict], tmp_path: Path) -> Iterator[Host]:
    """Return a host that trades spot pairs, as in a dry run or live."""
    yield from _with_database(spot_exchange, tmp_path)


@pytest.fixture
def futures(futures_exchange: tuple[Exchange, dict], tmp_path: Path) -> Iterator[Host]:
    """Return a host that trades perpetuals, as in a dry run or live."""
    yield from _with_database(futures_exchange, tmp_path)


@pytest.fixture
def host(loopback: tuple[Exchange, dict], tmp_path: Path) -> Iterator[Host]:
    """Return a host without a database, as in a backtest."""
    exchange, config = loopback
    disable_database_use("5m")
    yield Host(exchange, config, tmp_path)
    LocalTrade.reset_trades()
    CustomDataWrapper.reset_custom_data()
    Backtesting.cleanup()


@pytest.fixture
def database(host: Host) -> Iterator[None]:
    """Give the host a trade database of its own, as in a dry run."""
    with open_database_of_host("sqlite://"):
        yield


@pytest.fixture
def polled_requests(host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Requests]:
    """Give the host a trade database in a file, polled at every check; return a writer of requests."""
    monkeypatch.setattr(sources, "SECONDS_BETWEEN_POLLS", 0)
    with open_database_of_host(f"sqlite:///{tmp_path / 'trades.sqlite'}"):
        yield Requests(Trade.session.get_bind())
        PairLocks.reset_locks()


@pytest.fixture
def path(host: Host, tmp_path: Path) -> Iterator[Path]:
    """Give the host a trade database in a file, which other processes can open."""
    path = tmp_path / "trades.sqlite"
    with open_database_of_host(f"sqlite:///{path}"):
        yield path


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, host: Host, tmp_path: Path) -> Iterator[str]:
    """Give the host a trade database that other processes can open, of each kind; return its URL."""
    is_file = request.param == "sqlite"
    url = f"sqlite:///{tmp_path}/trades.sqlite" if is_file else new_database(request.getfixturevalue("postgres"))
    with open_database_of_host(url):
        yield url


@pytest.fixture
def requests(path: Path) -> Requests:
    """Return a writer of requests to that database, as the command line has."""
    return Requests(Trade.session.get_bind())


@pytest.fixture
def bot(host: Host, database: None, tmp_path: Path) -> Bot:
    """Return a bot that has just started."""
    return Bot(host, tmp_path / "audit.jsonl")
