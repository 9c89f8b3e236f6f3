"""Parity of stops that wait for closes (`anchor: "candle"`): spot and futures, with and without detail candles."""

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from robustop_plugin.settings import load_settings
from robustop_plugin.venue.datadir import markets_of
from tests.conftest import PAIRS
from tests.support.replays import DEFAULTS, Bench, Row, bench, embedded_bench, rows_of

pytest.importorskip("numba")

HAND, GUARD, LADDER = {"name": "hand_span"}, {"name": "atr_guard"}, {"name": "r_ladder"}
EARLY = {"name": "smart_trail", "activation_percent": 0.0, "distance_percent": 0.3}
NEAR = {"kind": "atr", "multiplier": 2.0}
BLOCKS: dict[str, dict[str, Any]] = {
    "a trail from the entry on": {"engines": [EARLY]},
    "with the ATR": {"engines": [{**HAND, "adaptive": {"min_scale": 0.4}}, GUARD], "initial_stop": NEAR},
    "exact": {"engines": [HAND, {**LADDER, "fees": True}], "breakeven": {"mode": "exact"}, "initial_stop": NEAR},
    "profit and time": {
        "engines": [{"name": "bracket"}, {**EARLY, "activation_percent": 0.4}],
        "initial_stop": NEAR,
        "time_stop_hours": 7.0,
    },
    "parts": {
        "engines": [{**HAND, "portion": 0.3}, {**GUARD, "fees": True}],
        "partials": [[1.0, 0.3], [2.0, 0.3], [3.5, "rest"]],
        "breakeven": {"mode": "exact"},
        "initial_stop": NEAR,
    },
}


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """Return a week of the embedded market, of which three days warm the averages up."""
    with embedded_bench(tmp_path_factory.mktemp("closes"), days=7) as served:
        yield served


def compare(
    market: Bench, name: str, tell: Callable[[str], None], *words: str, strategy: str = "HandSpanTrend", **over: Any
) -> list[Row]:
    """Have both machines move stops at closes; the lists are equal, and differ from those that follow the price."""
    block = {**BLOCKS[name], "anchor": "candle"}
    adjusts = {"position_adjustment_enable": "partials" in block, **over}
    hosts, replayed = market.both(block, *words, strategy=strategy, **adjusts)
    tell(f"{len(hosts)} trades equal: {dict(Counter(row[-1] for row in hosts))}")
    assert replayed == hosts
    return hosts


@pytest.mark.parametrize("name", BLOCKS)
def test_stops_that_wait_for_closes_give_the_trades_of_the_host(
    embedded: Bench, name: str, tell: Callable[[str], None]
) -> None:
    """Every engine, exact breakeven, parts, targets and time stops: equal, and unlike stops that follow the price."""
    hosts = compare(embedded, name, tell)
    assert len(hosts) > 15
    at_prices = load_settings({**DEFAULTS, **BLOCKS[name]}).default
    evaluator = embedded.evaluator(position_adjustment_enable="partials" in BLOCKS[name])
    assert rows_of(evaluator.trades(at_prices)) != hosts


@pytest.fixture(scope="module")
def spot(candles: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """Return some days of all spot pairs."""
    markets = [market for market in markets_of(candles, "5m") if market.pair in PAIRS]
    with bench(markets, candles, tmp_path_factory.mktemp("spot"), "20240228-20240303") as served:
        yield served


@pytest.fixture(scope="module")
def futures(candles: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """Return four days of two perpetuals, over the end of a month."""
    pairs = ("BTC/USDT:USDT", "SUI/USDT:USDT")
    markets = [market for market in markets_of(candles) if market.pair in pairs]
    with bench(markets, candles, tmp_path_factory.mktemp("futures"), "20240129-20240202", futures=True) as served:
        yield served


@pytest.mark.candles
@pytest.mark.parametrize("name", ["a trail from the entry on", "with the ATR", "parts"])
def test_closes_with_detail_candles_are_those_of_the_host(spot: Bench, name: str, tell: Callable[[str], None]) -> None:
    """Signals at 15m, prices at 5m: inside a candle no stop moves, and a price that reaches one still exits."""
    assert len(compare(spot, name, tell, "--timeframe", "15m", "--timeframe-detail", "5m")) > 5


@pytest.mark.candles
@pytest.mark.parametrize("words", [(), ("--timeframe", "15m", "--timeframe-detail", "5m")], ids=["plain", "detail"])
def test_closes_on_futures_are_those_of_the_host(
    futures: Bench, words: tuple[str, ...], tell: Callable[[str], None]
) -> None:
    """Long and short with funding, which moves the exact breakeven at the next close, and parts."""
    for name in ("exact", "parts"):
        assert len(compare(futures, name, tell, *words, strategy="TwoWayTrend", max_open_trades=2)) > 3
