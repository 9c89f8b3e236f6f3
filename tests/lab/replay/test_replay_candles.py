"""Parity on real candles: spot and futures, long and short, with and without detail candles."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from robustop_plugin.venue.datadir import markets_of
from tests.conftest import PAIRS
from tests.support.replays import Bench, bench

pytest.importorskip("numba")
pytestmark = pytest.mark.candles

PERPETUALS = [f"{coin}/USDT:USDT" for coin in ("BTC", "ETH", "SUI")]
BLOCKS: dict[str, dict[str, Any]] = {
    "one": {"engines": [{"name": "hand_span"}]},
    "three": {
        "engines": [
            {"name": "smart_trail", "activation_percent": 1.5, "breakeven_percent": 0.6},
            {"name": "atr_guard", "fees": True},
            {"name": "bracket", "base_ratio": 2.0},
        ]
    },
    "exact": {
        "engines": [{"name": "r_ladder", "fees": True}, {"name": "hand_span", "adaptive": {"min_scale": 0.5}}],
        "breakeven": {"mode": "exact"},
    },
    "risk": {
        "engines": [{"name": "hand_span"}],
        "risk": {"percent_per_trade": 1.0, "max_portfolio_percent": 3.0},
        "breakeven": {"mode": "exact"},
    },
}
HALT = {"engines": [{"name": "hand_span"}], "max_drawdown_percent": 0.2}


@pytest.fixture(scope="module")
def spot(candles: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """Return a week of all spot pairs, in which one of them is listed."""
    markets = [market for market in markets_of(candles, "5m") if market.pair in PAIRS]
    with bench(markets, candles, tmp_path_factory.mktemp("spot"), "20240301-20240309") as served:
        yield served


@pytest.fixture(scope="module")
def futures(candles: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """Return nine days of three perpetuals, over the end of a month."""
    markets = [market for market in markets_of(candles) if market.pair in PERPETUALS]
    with bench(markets, candles, tmp_path_factory.mktemp("futures"), "20240125-20240203", futures=True) as served:
        yield served


@pytest.mark.parametrize("name", BLOCKS)
def test_spot_trades_are_those_of_the_host(spot: Bench, name: str, tell: Callable[[str], None]) -> None:
    """Twelve pairs at 5m, all of which may be open at once."""
    hosts, replayed = spot.both(BLOCKS[name])
    tell(f"{len(hosts)} trades equal: {dict(Counter(row[-1] for row in hosts))}")
    assert len(hosts) > 50
    assert replayed == hosts


@pytest.mark.parametrize("name", BLOCKS)
def test_futures_trades_are_those_of_the_host(futures: Bench, name: str, tell: Callable[[str], None]) -> None:
    """Long and short at three times leverage, with funding, reversed in one candle, in two slots."""
    hosts, replayed = futures.both(BLOCKS[name], strategy="TwoWayTrend", max_open_trades=2)
    tell(f"{len(hosts)} trades equal: {dict(Counter((row[1], row[-1]) for row in hosts))}")
    assert {row[1] for row in hosts} == {False, True}
    assert replayed == hosts


def test_a_drawdown_on_futures_ends_trades_as_the_host_does(futures: Bench, tell: Callable[[str], None]) -> None:
    """The equity counts funding and leverage, and long and short trades leave."""
    hosts, replayed = futures.both(HALT, strategy="TwoWayTrend")
    tell(f"{len(hosts)} trades equal: {dict(Counter((row[1], row[-1]) for row in hosts))}")
    assert hosts[-1][-1] == "robustop_max_drawdown"
    assert replayed == hosts


DETAILED = {
    **BLOCKS,
    "fast": {"engines": [{"name": "smart_trail", "activation_percent": 0.0, "distance_percent": 0.2}]},
    "halt": HALT,
}


@pytest.fixture(scope="module")
def detailed(spot: Bench) -> Bench:
    """Return three weeks of the same pairs, for signals at 1h."""
    return replace(spot, timerange="20240210-20240303")


@pytest.mark.parametrize("slots", [2, 12])
@pytest.mark.parametrize("name", DETAILED)
def test_trades_with_detail_candles_are_those_of_the_host(
    detailed: Bench, name: str, slots: int, tell: Callable[[str], None]
) -> None:
    """Signals at 1h, prices at 5m: a signal stands for its hour, and a pair that was left waits for the next one."""
    words = ("--timeframe", "1h", "--timeframe-detail", "5m")
    hosts, replayed = detailed.both(DETAILED[name], *words, max_open_trades=slots)
    tell(f"{len(hosts)} trades equal: {dict(Counter(row[-1] for row in hosts))}")
    assert len(hosts) > 1
    assert replayed == hosts


def test_trades_at_one_hour_are_those_of_the_host(detailed: Bench, tell: Callable[[str], None]) -> None:
    """Without detail candles as well."""
    hosts, replayed = detailed.both(DETAILED["fast"], "--timeframe", "1h")
    tell(f"{len(hosts)} trades equal")
    assert len(hosts) > 1
    assert replayed == hosts
