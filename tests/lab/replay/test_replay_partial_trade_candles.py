"""Parity of sales in parts on real candles: spot and futures, long and short, with and without detail candles."""

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from robustop_plugin.settings import load_settings
from robustop_plugin.venue.datadir import markets_of
from tests.conftest import PAIRS
from tests.support.replays import STOP, Bench, Row, bench

pytest.importorskip("numba")
pytestmark = pytest.mark.candles

PERPETUALS = [f"{coin}/USDT:USDT" for coin in ("BTC", "ETH", "SUI")]
HAND = {"name": "hand_span"}
BLOCKS: dict[str, dict[str, Any]] = {
    "one": {"engines": [HAND], "partials": [[0.4, 0.5], [0.8, 0.25], [1.5, "rest"]]},
    "three": {
        "engines": [
            {"name": "smart_trail", "activation_percent": 1.5, "breakeven_percent": 0.6},
            {"name": "atr_guard", "fees": True},
            {"name": "bracket", "base_ratio": 2.0},
        ],
        "partials": [[0.3, 0.3], [0.6, 0.3]],
    },
    "exact": {
        "engines": [{"name": "r_ladder", "fees": True}, {**HAND, "portion": 0.5}],
        "breakeven": {"mode": "exact"},
        "initial_stop": {"kind": "atr", "multiplier": 1.5},
        "partials": [[1.0, 0.2], [2.5, 0.2]],
    },
}


@pytest.fixture(scope="module")
def spot(candles: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """Return a few days of all spot pairs, in which one of them is listed."""
    markets = [market for market in markets_of(candles, "5m") if market.pair in PAIRS]
    with bench(markets, candles, tmp_path_factory.mktemp("spot"), "20240303-20240308") as served:
        yield served


@pytest.fixture(scope="module")
def detailed(candles: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """Return two weeks of the same pairs, for signals at 1h."""
    markets = [market for market in markets_of(candles, "5m") if market.pair in PAIRS]
    with bench(markets, candles, tmp_path_factory.mktemp("detailed"), "20240218-20240303") as served:
        yield served


@pytest.fixture(scope="module")
def futures(candles: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """Return five days of three perpetuals, over the end of a month."""
    markets = [market for market in markets_of(candles) if market.pair in PERPETUALS]
    with bench(markets, candles, tmp_path_factory.mktemp("futures"), "20240129-20240203", futures=True) as served:
        yield served


def compare(
    market: Bench, name: str, tell: Callable[[str], None], *words: str, strategy: str = "HandSpanTrend", **over: Any
) -> list[Row]:
    """Have both machines sell in parts; the lists are equal, and parts were sold."""
    block, adjusts = {"initial_stop": STOP, **BLOCKS[name]}, {"position_adjustment_enable": True, **over}
    hosts, replayed = market.both(block, *words, strategy=strategy, **adjusts)
    evaluator = market.evaluator(strategy, *words, **adjusts)
    sales = int(evaluator.play(load_settings(block).default).totals[0].sales)
    tell(f"{len(hosts)} trades equal, {sales} parts sold: {dict(Counter(row[-1] for row in hosts))}")
    assert sales > 0
    assert replayed == hosts
    return hosts


@pytest.mark.parametrize("name", BLOCKS)
def test_parts_on_spot_are_those_of_the_host(spot: Bench, name: str, tell: Callable[[str], None]) -> None:
    """Twelve pairs at 5m in a small wallet: what is sold in parts pays for others."""
    compare(spot, name, tell, stake_amount=400, dry_run_wallet=1500)


@pytest.mark.parametrize("name", BLOCKS)
def test_parts_on_futures_are_those_of_the_host(futures: Bench, name: str, tell: Callable[[str], None]) -> None:
    """Long and short at three times leverage: funding is split between the sales as the host splits it."""
    hosts = compare(futures, name, tell, strategy="TwoWayTrend", max_open_trades=2)
    assert {row[1] for row in hosts} == {False, True}


@pytest.mark.parametrize("name", BLOCKS)
def test_parts_with_detail_candles_are_those_of_the_host(
    detailed: Bench, name: str, tell: Callable[[str], None]
) -> None:
    """Signals at 1h, prices at 5m: parts are sold at the open of each detail candle."""
    compare(detailed, name, tell, "--timeframe", "1h", "--timeframe-detail", "5m", max_open_trades=3)


WALLETS: dict[str, dict[str, Any]] = {
    "unlimited": {"stake_amount": "unlimited", "max_open_trades": 3, "dry_run_wallet": 900},
    "beyond the first tiers": {"stake_amount": "unlimited", "max_open_trades": 2, "dry_run_wallet": 900_000},
    "the last stake": {"stake_amount": 400, "dry_run_wallet": 1000, "amend_last_stake_amount": True},
}


@pytest.mark.parametrize("name", WALLETS)
def test_sizes_on_futures_are_those_of_the_host(futures: Bench, name: str, tell: Callable[[str], None]) -> None:
    """Leverage, bounds and liquidation price follow from a stake that nobody knows before."""
    hosts = compare(futures, "one", tell, strategy="TwoWayTrend", **WALLETS[name])
    assert len({round(row[6] * row[4]) for row in hosts}) > 2
