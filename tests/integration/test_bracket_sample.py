"""The bracket sample on real perpetuals: long and short, exited only by its stop or its take profit."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from robustop_plugin.runner.process import BacktestResult, backtest
from robustop_plugin.venue.datadir import markets_of
from robustop_plugin.venue.overlay import offline_overlay
from robustop_plugin.venue.server import Venue
from tests.conftest import ROOT

pytestmark = pytest.mark.candles

PERPETUALS = ["ETH/USDT:USDT", "SUI/USDT:USDT"]
FEWEST = 10


@pytest.fixture(scope="module")
def result(candles: Path, common: list[str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[BacktestResult]:
    """Run the sample over two weeks, once."""
    folder = tmp_path_factory.mktemp("bracket")
    markets = [market for market in markets_of(candles) if market.pair in PERPETUALS]
    with Venue(markets).serve() as url:
        overlay = {**offline_overlay(url, PERPETUALS, futures=True), "dry_run_wallet": 100_000}
        (folder / "futures.json").write_text(json.dumps(overlay))
        configs = [ROOT / "config.json", folder / "futures.json"]
        yield backtest("BracketBothWays", configs, folder, [*common, "--timerange", "20240201-20240301"])


def test_both_sides_leave_by_the_bracket_alone(result: BacktestResult) -> None:
    """Long and short trades exit at the first stop or at twice its distance, and nowhere else."""
    reasons = {
        side: Counter(trade["exit_reason"] for trade in result.trades if trade["is_short"] == short)
        for side, short in (("long", False), ("short", True))
    }
    for found in reasons.values():
        found.pop("force_exit", None)
        assert set(found) == {"stop_loss", "robustop_take_profit"}
        assert min(found.values()) >= FEWEST


def test_a_take_profit_is_twice_the_risk_away(result: BacktestResult) -> None:
    """The stop never moved, so each winner shows both distances: two to one, to the tick or better."""
    won = [trade for trade in result.trades if trade["exit_reason"] == "robustop_take_profit"]
    for trade in won:
        risk = abs(trade["open_rate"] - trade["stop_loss_abs"])
        gain = abs(trade["close_rate"] - trade["open_rate"])
        assert gain > 1.98 * risk
    assert "Traceback" not in (result.folder / "freqtrade.log").read_text(encoding="utf-8")
