"""Markets are detected from a folder of candles."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from freqtrade.resolvers import ExchangeResolver

from robustop_plugin.venue.datadir import markets_of
from robustop_plugin.venue.market import Market
from robustop_plugin.venue.overlay import offline_overlay
from robustop_plugin.venue.server import Venue
from tests.support.host import BASE


def store(path: Path, prices: list[float], volumes: list[float]) -> None:
    """Write flat candles, one price each."""
    dates = pd.date_range("2025-01-01", periods=len(prices), freq="5min", tz="UTC", unit="ms")
    columns = dict.fromkeys(["open", "high", "low", "close"], np.array(prices, dtype=float))
    volume = np.array(volumes, dtype=float)
    pd.DataFrame({"date": dates, **columns, "volume": volume}).to_feather(path)


def test_the_written_markets_are_found_again(datadir: Path, markets: list[Market]) -> None:
    """Pairs, tick sizes and step sizes of the embedded market are detected from its files."""
    assert markets_of(datadir) == sorted(markets)
    assert markets_of(datadir, "5m") == sorted(markets)


@pytest.mark.parametrize(
    ("prices", "tick"),
    [
        ([1e-05, 1.003e-05], 1e-08),
        ([1e-05, 2e-05], 1e-05),
        ([0.1, 0.3], 0.1),
        ([0.30000000000000004, 0.1], 1e-08),
        ([69315.61, 1.0], 0.01),
        ([7.0, 100.0], 1.0),
    ],
)
def test_the_tick_is_read_off_the_decimals(tmp_path: Path, prices: list[float], tick: float) -> None:
    """The tick size is the largest power of ten that divides all prices, as decimals."""
    store(tmp_path / "AAA_USDT-5m.feather", prices, [1.0, 2.5])
    assert markets_of(tmp_path)[0].tick_size == tick


def test_a_step_is_never_worth_more_than_an_order(tmp_path: Path) -> None:
    """If all volumes are 0, the step size follows from the price."""
    store(tmp_path / "BTC_USDT-5m.feather", [60000.0, 61000.0], [0.0, 0.0])
    assert markets_of(tmp_path) == [Market("BTC/USDT", "BTC", "USDT", 1.0, 0.00001, 5.0)]


def test_the_finer_grid_of_two_timeframes_counts(tmp_path: Path) -> None:
    """A pair with several files is one market with the smallest tick and step size of them."""
    store(tmp_path / "AAA_USDT-1h.feather", [0.5, 0.6], [1.0, 2.0])
    store(tmp_path / "AAA_USDT-1Mo.feather", [0.51, 0.6], [1.5, 2.0])
    assert markets_of(tmp_path) == [Market("AAA/USDT", "AAA", "USDT", 0.01, 0.1)]
    assert markets_of(tmp_path, "1M") == [Market("AAA/USDT", "AAA", "USDT", 0.01, 0.1)]
    assert markets_of(tmp_path, "1h") == [Market("AAA/USDT", "AAA", "USDT", 0.1, 1.0)]


@pytest.mark.parametrize("name", ["nothing", "README.md", "AAA_USDT_USDT-5m-futures.feather"])
def test_a_folder_without_spot_candles_is_refused(tmp_path: Path, name: str) -> None:
    """The error names the folder and the expected file name."""
    (tmp_path / name).touch()
    with pytest.raises(ValueError, match=rf"{tmp_path.name}.*BASE_QUOTE-15m\.feather"):
        markets_of(tmp_path, "15m")


def test_a_missing_folder_and_an_empty_file_are_refused(tmp_path: Path) -> None:
    """A missing folder and a file without rows are refused."""
    with pytest.raises(ValueError, match="missing"):
        markets_of(tmp_path / "missing")
    store(tmp_path / "AAA_USDT-5m.feather", [], [])
    with pytest.raises(ValueError, match="must hold spot candles"):
        markets_of(tmp_path)


@pytest.mark.parametrize(
    ("quote", "price", "minimum", "step"),
    [
        ("USDT", 3000.0, 5.0, 0.001),
        ("FDUSD", 3000.0, 5.0, 0.001),
        ("BTC", 0.05, 0.0001, 0.001),
        ("BTC", 1e-06, 0.0001, 1.0),
        ("ETH", 0.2, 0.001, 0.001),
        ("BNB", 5.0, 0.01, 0.001),
        ("TRY", 100000.0, 10.0, 0.0001),
        ("PAXG", 0.8, 0.0001, 0.0001),
    ],
)
def test_the_smallest_order_is_that_of_the_quote_currency(
    tmp_path: Path, quote: str, price: float, minimum: float, step: float
) -> None:
    """Each quote currency has its own smallest order, and a step is worth no more than that."""
    store(tmp_path / f"AAA_{quote}-5m.feather", [price, price], [0.0, 0.0])
    (market,) = markets_of(tmp_path)
    assert (market.minimum_notional, market.step_size) == (minimum, step)


def test_a_folder_of_pairs_in_bitcoin_is_traded(tmp_path: Path) -> None:
    """Freqtrade's smallest stake in an ETH/BTC market is between 0.0001 and 0.0002 BTC."""
    store(tmp_path / "ETH_BTC-5m.feather", [0.05, 0.0501], [1.0, 2.0])
    with Venue(markets_of(tmp_path), tmp_path).serve() as url:
        config = {**BASE, **offline_overlay(url, ["ETH/BTC"]), "stake_currency": "BTC", "datadir": tmp_path}
        exchange = ExchangeResolver.load_exchange(config)
        least = exchange.get_min_pair_stake_amount("ETH/BTC", 0.05, -0.1)
        exchange.close()
    assert 0.0001 <= least <= 0.0002
