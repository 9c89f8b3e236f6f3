"""A real `freqtrade backtesting` process over months of three perpetuals, long and short at three times leverage."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from robustop_plugin.runner.process import BacktestResult, backtest
from robustop_plugin.venue.datadir import markets_of
from robustop_plugin.venue.overlay import offline_overlay
from robustop_plugin.venue.server import Venue
from tests.conftest import ROOT
from tests.support.explain import explain
from tests.support.sale_witness import LONG

pytestmark = pytest.mark.candles

PERPETUALS = [f"{coin}/USDT:USDT" for coin in ("BTC", "ETH", "SUI")]
FEWEST_TRADES = 500
TIMERANGE = "20230601-20240514" if LONG else "20230601-20231007"


@pytest.fixture(scope="module")
def result(candles: Path, common: list[str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[BacktestResult]:
    """Run the two-way sample strategy over the futures candles, once."""
    folder = tmp_path_factory.mktemp("futures")
    markets = [market for market in markets_of(candles) if market.pair in PERPETUALS]
    with Venue(markets).serve() as url:
        overlay = {**offline_overlay(url, PERPETUALS, futures=True), "max_open_trades": 3, "dry_run_wallet": 100_000}
        (folder / "futures.json").write_text(json.dumps(overlay))
        configs = [ROOT / "config.json", folder / "futures.json"]
        yield backtest("TwoWayTrend", configs, folder, [*common, "--timerange", TIMERANGE])


def test_every_exit_is_explained_and_no_stop_is_beyond_liquidation(
    result: BacktestResult, candles: Path, tell: Callable[[str], None]
) -> None:
    """Audit and candles explain every exit, long and short; stops never loosen and stay inside liquidation."""
    explanation = explain(result.trades, result.audit, candles)
    sides = Counter("short" if trade["is_short"] else "long" for trade in result.trades)
    tell(f"{len(result.trades)} trades {dict(sides)}: {dict(explanation)}")
    assert explanation.problems == []
    assert min(sides["long"], sides["short"]) > FEWEST_TRADES
    assert {trade["leverage"] for trade in result.trades} == {3.0}


def test_breakeven_covers_what_was_really_paid(result: BacktestResult) -> None:
    """A trade that exited at an exact breakeven stop, on a later candle, lost nothing: fees and funding are covered."""
    last_rule = {}
    for record in result.audit:
        if record["action"] == "move":
            last_rule[record["pair"], int(record["token"].split(":")[1])] = record["rule"]
    left = [
        trade
        for trade in result.trades
        if trade["exit_reason"] == "trailing_stop_loss"
        and trade["close_timestamp"] > trade["open_timestamp"]
        and last_rule[trade["pair"], trade["open_timestamp"]] == "breakeven"
    ]
    covered = [trade for trade in left if trade["profit_abs"] >= 0]
    assert len(left) > 100
    # Funding paid between the move and the exit cannot be known at the move.
    assert all(trade["funding_fees"] < 0 for trade in left if trade not in covered)
    assert len(covered) > 0.95 * len(left)


def test_nothing_went_wrong_in_the_log(result: BacktestResult) -> None:
    """The process logged no exception and no robustop error."""
    log = (result.folder / "freqtrade.log").read_text(encoding="utf-8")
    assert "Traceback" not in log
    assert "robustop:" not in log
