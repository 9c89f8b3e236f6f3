"""The real ccxt reads every public USD-M futures endpoint, sync and async, on both routes."""

from pathlib import Path

import pandas as pd
import pytest

from robustop_plugin.venue.funding import PERIOD
from tests.support.bot import ask, move_price
from tests.venue.conftest import PERPETUAL, SLID_TO, SPOT, Ccxt, HandClock

FIVE, HOUR = 300_000, 3_600_000  # milliseconds


@pytest.fixture
def side_files(both: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the written mark prices and funding rates, with times in milliseconds."""
    names = ("BTC_USDT_USDT-1h-mark.feather", "BTC_USDT_USDT-1h-funding_rate.feather")
    frames = [pd.read_feather(both / "futures" / name) for name in names]
    for frame in frames:
        frame["time"] = frame["date"].dt.as_unit("ms").astype("int64")
    return frames[0], frames[1]


@pytest.fixture
def slide(both: Path) -> int:
    """Return the venue's time shift of prices, in milliseconds."""
    newest = pd.read_feather(both / "futures" / "BTC_USDT_USDT-5m-futures.feather")["date"].iloc[-1]
    return (SLID_TO - int(newest.timestamp() * 1000)) // FIVE * FIVE


def test_the_perpetual(futures: Ccxt) -> None:
    """The perpetual is an active linear swap with its candles' tick and step size, and the only market listed."""
    listed = {market["symbol"]: market for market in futures("fetch_markets")}
    assert set(listed) == {PERPETUAL}
    market = listed[PERPETUAL]
    assert market["active"]
    assert market["swap"]
    assert market["linear"]
    assert market["settle"] == "USDT"
    assert market["contractSize"] == 1
    assert market["precision"]["price"] == 0.01
    assert market["precision"]["amount"] == 0.00001
    assert market["limits"]["cost"]["min"] == 5
    assert market["limits"]["amount"]["min"] == 0.00001
    assert {"STOP", "STOP_MARKET"} <= set(market["info"]["orderTypes"])


def test_candles_are_those_of_the_folder(futures: Ccxt, both: Path, slide: int) -> None:
    """The perpetual's candles match the folder, with the newest one open."""
    rows = futures("fetch_ohlcv", PERPETUAL, "5m", None, 499)
    written = pd.read_feather(both / "futures" / "BTC_USDT_USDT-5m-futures.feather").tail(499)
    assert [row[0] - slide for row in rows] == written["date"].dt.as_unit("ms").astype("int64").tolist()
    assert [row[1:] for row in rows] == written[["open", "high", "low", "close", "volume"]].to_numpy().tolist()


def test_mark_prices_are_those_of_the_folder(
    futures: Ccxt, side_files: tuple[pd.DataFrame, pd.DataFrame], slide: int
) -> None:
    """Mark prices match the folder, shifted by whole hours; shorter candles come from trade prices."""
    mark, _ = side_files
    rows = futures("fetch_ohlcv", PERPETUAL, "1h", 0, 10, price="mark")
    assert [row[0] - slide // HOUR * HOUR for row in rows] == mark["time"].head(10).tolist()
    assert [row[1:5] for row in rows] == mark[["open", "high", "low", "close"]].head(10).to_numpy().tolist()
    (short,) = futures("fetch_ohlcv", PERPETUAL, "5m", None, 1, price="mark")
    (traded,) = futures("fetch_ohlcv", PERPETUAL, "5m", None, 1)
    assert short == [*traded[:5], 0]


def test_funding_rates_are_those_of_the_folder(
    futures: Ccxt, clock: HandClock, side_files: tuple[pd.DataFrame, pd.DataFrame], slide: int
) -> None:
    """Rates match the folder, stay on the 8-hour schedule, and are neutral after the folder's last."""
    _, rates = side_files
    history = futures("fetch_funding_rate_history", PERPETUAL, 0, 1000)
    known, later = history[: len(rates)], history[len(rates) :]
    assert [rate["timestamp"] - slide // PERIOD * PERIOD for rate in known] == rates["time"].tolist()
    assert [rate["fundingRate"] for rate in known] == pytest.approx(rates["funding_rate"].tolist())
    assert {rate["fundingRate"] for rate in later} <= {0.0001}
    first = history[0]["timestamp"]
    assert [rate["timestamp"] for rate in history] == [first + PERIOD * index for index in range(len(history))]
    assert history[-1]["timestamp"] == SLID_TO - SLID_TO % PERIOD
    current = futures("fetch_funding_rate", PERPETUAL)
    assert current["fundingRate"] == history[-1]["fundingRate"]
    assert current["fundingTimestamp"] == history[-1]["timestamp"] + PERIOD
    clock.now += PERIOD
    (latest,) = futures("fetch_funding_rate_history", PERPETUAL, None, 1)
    assert latest["timestamp"] == history[-1]["timestamp"] + PERIOD


def test_prices(futures: Ccxt, url: str) -> None:
    """A trade moves the ticker, best offers, order book and mark price; the ticker has no bid and ask."""
    move_price(url, PERPETUAL, 61234.56)
    assert futures("fetch_ticker", PERPETUAL)["last"] == 61234.56
    assert futures("fetch_tickers", [PERPETUAL])[PERPETUAL]["bid"] is None
    offers = futures("fetch_bids_asks", [PERPETUAL])[PERPETUAL]
    assert (offers["bid"], offers["ask"]) == (61234.56, 61234.57)
    book = futures("fetch_order_book", PERPETUAL, 20)
    assert len(book["bids"]) == len(book["asks"]) == 20
    assert (book["bids"][0][0], book["asks"][0][0]) == (61234.56, 61234.57)
    assert futures("fetch_last_prices", [PERPETUAL])[PERPETUAL]["price"] == 61234.56
    assert futures("fetch_funding_rates", [PERPETUAL])[PERPETUAL]["markPrice"] == 61234.56
    assert futures("fetch_time") == SLID_TO


def test_spot_and_perpetual_trade_apart(url: str) -> None:
    """Spot and the perpetual share a symbol but have separate prices."""
    before = ask(url, "/api/v3/ticker/price?symbol=BTCUSDT")[1]["price"]
    move_price(url, PERPETUAL, 70000)
    assert ask(url, "/api/v3/ticker/price?symbol=BTCUSDT")[1]["price"] == before
    assert float(ask(url, "/fapi/v1/ticker/price?symbol=BTCUSDT")[1]["price"]) == 70000
    move_price(url, SPOT, 50000)
    assert float(ask(url, "/fapi/v2/ticker/price?symbol=BTCUSDT")[1]["price"]) == 70000


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/fapi/v1/klines?symbol=NOPEUSDT&interval=5m", -1121),
        ("/fapi/v1/klines?symbol=ETHUSDT&interval=5m", -1121),
        ("/fapi/v1/klines?symbol=BTCUSDT&interval=5m&limit=1501", -1130),
        ("/fapi/v1/markPriceKlines?symbol=BTCUSDT", -1102),
        ("/fapi/v1/depth?symbol=BTCUSDT&limit=7", -4021),
        ("/fapi/v1/premiumIndex?symbol=NOPEUSDT", -1121),
    ],
)
def test_bad_requests_are_refused_as_by_binance(url: str, path: str, code: int) -> None:
    """Bad requests are answered with the codes of Binance futures."""
    status, answer = ask(url, path)
    assert (status, answer["code"]) == (400, code)


def test_funding_without_a_symbol(url: str) -> None:
    """Rates are sorted by time, and without a start time the newest are answered."""
    rates = ask(url, "/fapi/v1/fundingRate?limit=3")[1]
    assert [rate["fundingTime"] for rate in rates] == sorted(rate["fundingTime"] for rate in rates)
    assert len(rates) == 3
    time = rates[1]["fundingTime"]
    assert ask(url, f"/fapi/v1/fundingRate?startTime={time}&endTime={time}")[1] == [rates[1]]
    assert ask(url, "/fapi/v1/fundingInfo") == (200, [])
    assert ask(url, "/fapi/v1/ping") == (200, {})
