"""The real ccxt reads every public spot endpoint, sync and async, on both routes."""

from pathlib import Path

import ccxt
import pandas as pd
import pytest

from robustop_plugin.venue.overlay import offline_overlay
from tests.support.bot import ask, move_price
from tests.venue.conftest import SLID_TO, SPOT, Ccxt, HandClock

FIVE = 300_000  # milliseconds in 5 minutes
COLUMNS = ["open", "high", "low", "close", "volume"]


@pytest.fixture
def written(both: Path) -> pd.DataFrame:
    """Return the written candles, shifted in time as the venue shifts them."""
    frame = pd.read_feather(both / "BTC_USDT-5m.feather")
    times = frame["date"].dt.as_unit("ms").astype("int64")
    return frame.assign(time=times + (SLID_TO - times.iloc[-1]) // FIVE * FIVE)


def test_the_newest_candle_is_running(spot: Ccxt, written: pd.DataFrame) -> None:
    """The folder's last candle opened within the last five minutes, and the earlier ones match the folder."""
    rows = spot("fetch_ohlcv", SPOT, "5m", None, 1000)
    assert len(rows) == 1000
    assert rows[-1][0] == SLID_TO // FIVE * FIVE
    assert rows == written[["time", *COLUMNS]].tail(1000).to_numpy().tolist()


def test_candles_from_a_start_time(spot: Ccxt, written: pd.DataFrame) -> None:
    """With a start time, the first candles from then on are answered, and none after the end time."""
    start = int(written["time"].iloc[100])
    rows = spot("fetch_ohlcv", SPOT, "5m", start + 1, 3)
    assert [row[0] for row in rows] == written["time"].iloc[101:104].tolist()
    rows = spot("fetch_ohlcv", SPOT, "5m", start, 500, until=int(written["time"].iloc[109]))
    assert [row[0] for row in rows] == written["time"].iloc[100:110].tolist()
    (first,) = spot("fetch_ohlcv", SPOT, "5m", 0, 1)
    assert first[0] == written["time"].iloc[0]


def test_longer_candles_are_resampled(spot: Ccxt, written: pd.DataFrame) -> None:
    """An hour is resampled from its 5-minute candles."""
    (*_, hour, _) = spot("fetch_ohlcv", SPOT, "1h", None, 5)
    inside = written[(written["time"] >= hour[0]) & (written["time"] < hour[0] + 12 * FIVE)]
    assert hour[1:5] == [
        inside["open"].iloc[0],
        inside["high"].max(),
        inside["low"].min(),
        inside["close"].iloc[-1],
    ]
    assert hour[5] == pytest.approx(inside["volume"].sum())


def test_ticker_and_best_offers(spot: Ccxt, written: pd.DataFrame) -> None:
    """The bid is the last price, the ask is one tick above, and the day's range is that of its candles."""
    last = written["close"].iloc[-1]
    ticker = spot("fetch_ticker", SPOT)
    day = written[written["time"] >= SLID_TO - 86_400_000]
    assert (ticker["last"], ticker["bid"]) == (last, last)
    assert ticker["ask"] == pytest.approx(last + 0.01)
    assert (ticker["high"], ticker["low"]) == (day["high"].max(), day["low"].min())
    assert ticker["baseVolume"] == pytest.approx(day["volume"].sum())
    assert ticker["timestamp"] == SLID_TO
    assert spot("fetch_tickers")[SPOT]["last"] == last
    assert list(spot("fetch_tickers", [SPOT, "ETH/USDT"])) == [SPOT, "ETH/USDT"]
    assert spot("fetch_bids_asks", [SPOT])[SPOT]["bid"] == last
    assert spot("fetch_last_prices", [SPOT])[SPOT]["price"] == last


def test_the_order_book(spot: Ccxt, written: pd.DataFrame) -> None:
    """The book has the requested depth, best price first, one tick between levels."""
    last = written["close"].iloc[-1]
    book = spot("fetch_order_book", SPOT, 5)
    assert [price for price, _ in book["bids"]] == pytest.approx([last - 0.01 * level for level in range(5)])
    assert [price for price, _ in book["asks"]] == pytest.approx([last + 0.01 * level for level in range(1, 6)])
    assert all(quantity * last == pytest.approx(1e6, rel=1e-3) for _, quantity in book["bids"] + book["asks"])


def test_the_time(spot: Ccxt) -> None:
    """The exchange's time is the venue's clock."""
    assert spot("fetch_time") == SLID_TO


def test_quiet_candles_follow(spot: Ccxt, url: str, clock: HandClock) -> None:
    """Without trades, flat candles with no volume follow up to now, and a trade updates the last one."""
    last = spot("fetch_ticker", SPOT)["last"]
    clock.now += 2 * FIVE
    *_, quiet, running = spot("fetch_ohlcv", SPOT, "5m", None, 3)
    opened = SLID_TO // FIVE * FIVE
    assert quiet == [opened + FIVE, last, last, last, last, 0]
    assert running == [opened + 2 * FIVE, last, last, last, last, 0]
    for price in (last + 5, last + 9, last - 3):
        move_price(url, SPOT, price)
    (running,) = spot("fetch_ohlcv", SPOT, "5m", None, 1)
    assert running[1:5] == pytest.approx([last + 5, last + 9, last - 3, last - 3])
    assert running[5] > 0


@pytest.mark.parametrize("method", ["fetch_ohlcv", "fetch_ticker", "fetch_order_book"])
def test_an_unknown_symbol_is_ccxt_s_bad_symbol(spot: Ccxt, method: str) -> None:
    """Binance's -1121 raises ccxt's BadSymbol."""
    with pytest.raises(ccxt.BadSymbol, match="-1121"):
        spot(method, SPOT, symbol="NOPEUSDT")


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/api/v3/klines", -1102),
        ("/api/v3/klines?symbol=BTCUSDT", -1102),
        ("/api/v3/klines?symbol=BTCUSDT&interval=7m", -1120),
        ("/api/v3/klines?symbol=BTCUSDT&interval=1m", -1120),
        ("/api/v3/klines?symbol=BTCUSDT&interval=5m&limit=x", -1100),
        ("/api/v3/klines?symbol=BTCUSDT&interval=5m&startTime=-1", -1100),
        ("/api/v3/depth?symbol=BTC/USDT", -1121),
        ("/api/v3/ticker/24hr?symbols=BTCUSDT", -1100),
        ("/api/v3/ticker/24hr?symbols=1", -1100),
        ("/api/v3/exchangeInfo?symbol=NOPE", -1121),
    ],
)
def test_bad_requests_are_refused_as_by_binance(url: str, path: str, code: int) -> None:
    """Missing and malformed parameters are answered with Binance's code and status 400."""
    status, answer = ask(url, path)
    assert (status, answer["code"]) == (400, code)
    assert answer["msg"]


def test_rarely_used_endpoints(url: str) -> None:
    """Single-symbol exchangeInfo, the average price and endpoints outside spot answer in Binance's format."""
    assert [market["symbol"] for market in ask(url, "/api/v3/exchangeInfo?symbol=BTCUSDT")[1]["symbols"]] == ["BTCUSDT"]
    assert ask(url, "/api/v3/avgPrice?symbol=BTCUSDT")[1]["mins"] == 5
    assert ask(url, "/sapi/v1/margin/allPairs") == (200, [])
    assert ask(url, "/sapi/v1/spot/delist-schedule") == (200, [])
    assert ask(url, "/sapi/v1/system/status")[1]["status"] == 0
    assert ask(url, "/dapi/v1/exchangeInfo")[1]["symbols"] == []
    assert {coin["coin"] for coin in ask(url, "/sapi/v1/capital/config/getall")[1]} >= {"BTC", "USDT"}


def test_every_kind_of_market_at_once(url: str) -> None:
    """With keys and margin enabled, ccxt loads spot, margin, futures and options markets without an error."""
    urls = offline_overlay(url, [])["exchange"]["ccxt_config"]["urls"]
    options = {"fetchMargins": True, "fetchMarkets": {"types": ["spot", "linear", "inverse", "option"]}}
    exchange = ccxt.binance({"urls": urls, "apiKey": "key", "secret": "secret", "options": options})
    assert {SPOT, "BTC/USDT:USDT"} <= set(exchange.load_markets())
