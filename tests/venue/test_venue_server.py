"""The venue serves HTTP, and the real ccxt reads it."""

import http.client
import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from urllib.parse import urlsplit

import ccxt
import pytest

from robustop_plugin.venue.market import PAIRS, Market
from robustop_plugin.venue.overlay import offline_overlay
from robustop_plugin.venue.server import Venue
from tests.support.bot import ask

MARKETS = list(PAIRS)


@pytest.fixture
def url() -> Iterator[str]:
    """Serve the embedded markets."""
    with Venue(MARKETS).serve() as url:
        yield url


@pytest.fixture
def exchange(url: str) -> ccxt.binance:
    """Return the real ccxt, set up from the overlay as Freqtrade does."""
    return ccxt.binance(offline_overlay(url, ["BTC/USDT"])["exchange"]["ccxt_config"])


def test_ping_and_time(url: str) -> None:
    """Ping answers an empty object, and time the milliseconds since the epoch."""
    assert ask(url, "/api/v3/ping") == (200, {})
    status, answer = ask(url, "/api/v3/time")
    assert status == 200
    assert answer["serverTime"] > 1_700_000_000_000


@pytest.mark.parametrize(("method", "path"), [("GET", "/api/v3/unheard"), ("POST", "/api/v3/ping"), ("GET", "/")])
def test_an_unknown_path_is_answered_and_logged(
    url: str, caplog: pytest.LogCaptureFixture, method: str, path: str
) -> None:
    """An unknown path is answered with 404 and an error in Binance's format, and logged."""
    with caplog.at_level(logging.WARNING, logger="robustop_plugin.venue.application"):
        status, answer = ask(url, path, method)
    assert status == 404
    assert answer == {"code": -1000, "msg": f"The venue has no {method} {path}"}
    assert f"the venue has no {method} {path}" in caplog.text


def test_ccxt_reads_the_markets(exchange: ccxt.binance) -> None:
    """All six pairs are active spot markets with their own precision and limits."""
    loaded = exchange.load_markets()
    assert set(loaded) == {market.pair for market in MARKETS}
    for market in MARKETS:
        entry = loaded[market.pair]
        assert entry["id"] == market.base + market.quote
        assert entry["active"]
        assert entry["spot"]
        assert not entry["margin"]
        assert entry["precision"]["price"] == market.tick_size
        assert entry["precision"]["amount"] == market.step_size
        assert entry["limits"]["cost"]["min"] == 5
        assert entry["limits"]["amount"]["min"] == market.step_size
        assert "STOP_LOSS_LIMIT" in entry["info"]["orderTypes"]


@pytest.mark.parametrize(
    ("pair", "price", "rounded", "amount", "cut"),
    [
        ("BTC/USDT", 60000.126, "60000.13", 0.123456, "0.12345"),
        ("XRP/USDT", 0.50006, "0.5001", 12.39, "12.3"),
        ("PEPE/USDT", 0.000010006, "0.00001001", 123456.7, "123456"),
    ],
)
def test_ccxt_rounds_to_the_grids(
    exchange: ccxt.binance, pair: str, price: float, rounded: str, amount: float, cut: str
) -> None:
    """Prices are rounded to the tick size, and quantities are truncated to the step size."""
    exchange.load_markets()
    assert exchange.price_to_precision(pair, price) == rounded
    assert exchange.amount_to_precision(pair, amount) == cut


def test_ccxt_asks_for_the_time(exchange: ccxt.binance) -> None:
    """The exchange's time, which Freqtrade compares at startup, is served."""
    assert exchange.fetch_time() > 1_700_000_000_000


def test_every_url_points_to_this_machine(exchange: ccxt.binance, url: str) -> None:
    """Every URL of ccxt's class points to the venue on 127.0.0.1."""
    assert urlsplit(url).hostname == "127.0.0.1"
    assert {urlsplit(address).netloc for address in exchange.urls["api"].values()} == {urlsplit(url).netloc}


def test_the_server_is_closed_at_the_end() -> None:
    """After the block, the port is closed and no thread is left, even if a connection was open."""
    before = set(threading.enumerate())
    with Venue(MARKETS).serve() as url:
        connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=5)
        connection.request("GET", "/api/v3/ping")
        connection.getresponse().read()
    connection.close()
    with pytest.raises(ConnectionRefusedError):
        ask(url, "/api/v3/ping")
    assert set(threading.enumerate()) <= before


def test_an_error_in_the_block_closes_the_server() -> None:
    """An exception propagates from the block, and the server is closed."""
    with ExitStack() as block:
        block.enter_context(pytest.raises(KeyError))
        url = block.enter_context(Venue(MARKETS).serve())
        raise KeyError
    with pytest.raises(ConnectionRefusedError):
        ask(url, "/api/v3/ping")


def test_a_taken_port_is_the_caller_s_error() -> None:
    """A port in use raises at once, and a free port is used as given."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match="in use"), Venue(MARKETS).serve(port):
            pass
    with Venue(MARKETS).serve(port) as url:
        assert url == f"http://127.0.0.1:{port}"


def test_run_forever_stops_on_keyboard_interrupt() -> None:
    """The venue answers when `ready` is called, and a KeyboardInterrupt stops it without an error."""
    urls = []

    def ready(url: str) -> None:
        urls.append(url)
        assert ask(url, "/api/v3/ping") == (200, {})
        raise KeyboardInterrupt

    Venue(MARKETS).run_forever(ready=ready)
    with pytest.raises(ConnectionRefusedError):
        ask(urls[0], "/api/v3/ping")


def test_a_custom_market_keeps_its_filters() -> None:
    """A market outside the embedded ones is listed with its own filters."""
    other = Market("AAA/USDC", "AAA", "USDC", 0.01, 1.0, 12.5)
    with Venue([other]).serve() as url:
        (symbol,) = ask(url, "/api/v3/exchangeInfo")[1]["symbols"]
    filters = {entry["filterType"]: entry for entry in symbol["filters"]}
    assert symbol["symbol"] == "AAAUSDC"
    assert filters["PRICE_FILTER"]["tickSize"] == "0.01000000"
    assert filters["LOT_SIZE"]["stepSize"] == "1.00000000"
    assert filters["NOTIONAL"]["minNotional"] == "12.50000000"
